import { type Act as ActOf, type Acts, racesOf } from './act-races.ts'
import type { Api } from './api.ts'
import type { Author, Site } from './grant-race-site.ts'

type Act = ActOf<Site>

const keys = ({ account }: Site) => `/v1/accounts/${account}/api-keys`
const aeon = ({ account }: Site) => `/api/public/v1/accounts/${account}`

function patchKey(author: Author | 'root', key: string, body: (site: Site) => object): Act {
  return (site) =>
    callerOf(site, author).call('PATCH', `${keys(site)}/${site.ids[key]}`, {
      body: body(site),
      headers: { 'if-match': '*' },
    })
}

function issue(author: Author, role: string, lists: readonly string[] = []): Act {
  return (site) =>
    site.as[author].post(keys(site), {
      name: `issued by ${author}`,
      role: site.ids[role],
      expires_at: null,
      allow_list_ids: lists.map((list) => site.ids[list]),
    })
}

function putRole(author: Author | 'root', role: string, permissions: readonly string[]): Act {
  return (site) =>
    callerOf(site, author).put(
      `/v1/accounts/${role === 'platformClerks' ? site.platform : site.account}/roles/${site.ids[role]}`,
      { name: role, permissions },
    )
}

function setEntries(author: Author | 'root', list: string, entries: readonly string[]): Act {
  return (site) =>
    callerOf(site, author).patch(`/v1/accounts/${site.account}/allow-lists/${site.ids[list]}`, {
      entries,
    })
}

function onKey(author: Author | 'root', key: string, verb: string, body: object = {}): Act {
  return (site) => callerOf(site, author).post(`${keys(site)}/${site.ids[key]}/${verb}`, body)
}

function callerOf(site: Site, author: Author | 'root'): Api {
  return author === 'root' ? site.root : site.as[author]
}

const restrict =
  (...lists: string[]) =>
  ({ ids }: Site) => ({ allow_list_ids: lists.map((list) => ids[list]) })
const give =
  (role: string) =>
  ({ ids }: Site) => ({ role: ids[role] })
const more = ['cluster:read', 'backup:delete']
const overlap = { overlap_seconds: 60 }

/** Acts that give what a role, a list or a key then allows. */
const grants: Acts<Site> = {
  'a clerk issues': issue('clerk', 'ofHome'),
  'a clerk issues by Aeon': (site) =>
    site.as.clerk.post(`${aeon(site)}/api-keys`, {
      name: 'issued by Aeon',
      expire_after_hours: 0,
      role_id: site.ids.ofHome,
    }),
  'a clerk of the platform issues': issue('platformClerk', 'ofHome'),
  'a bound clerk issues within its lists': issue('boundClerk', 'ofHome', ['other']),
  'a clerk gives a key the role': patchKey('clerk', 'idle', give('ofHome')),
  'a clerk frees a key of its lists': patchKey('clerk', 'homeKey', () => ({ reach: 'anywhere' })),
  'a clerk gives a key more time': patchKey('clerk', 'homeKey', () => ({ expires_at: null })),
  'a clerk rotates': onKey('clerk', 'homeKey', 'rotate', overlap),
  'a clerk enables': onKey('clerk', 'homeDisabled', 'enable'),
  'a clerk widens a list': setEntries('clerk', 'open', ['192.0.2.0/24', '203.0.113.0/24']),
  'a clerk defines a role': (site) =>
    site.as.clerk.post(`/v1/accounts/${site.account}/roles`, {
      name: 'defined',
      permissions: ['cluster:read'],
    }),
}

/** Acts that widen a role, a list or a key: grants too, by callers who hold more. */
const wideners: Acts<Site> = {
  'a bound admin widens the role': putRole('boundAdmin', 'ofHome', more),
  'a bound admin widens the role by Aeon': (site) =>
    site.as.boundAdmin.put(`${aeon(site)}/roles/${site.ids.ofHome}`, {
      name: 'ofHome',
      permissions: [
        { resource_type: 'CLUSTER', operation_groups: [{ operation_group: 'READ' }] },
        { resource_type: 'BACKUP', operation_groups: [{ operation_group: 'DELETE' }] },
      ],
    }),
  'a bound admin gives its key a stronger role': patchKey('boundAdmin', 'homeKey', give('strong')),
  'an admin widens the role behind a list': putRole('freeAdmin', 'ofOpen', more),
  'an admin gives a key behind a list a stronger role': patchKey(
    'freeAdmin',
    'openKey',
    give('strong'),
  ),
  'an admin issues behind a list': issue('freeAdmin', 'strong', ['open']),
}

/** Acts that take rights from the granting caller. */
const narrowers: Acts<Site> = {
  'the role of the clerks is emptied': putRole('root', 'clerks', ['api_key:read']),
  'the role of the clerks loses what they give': putRole('root', 'clerks', [
    'api_key:create',
    'api_key:update',
    'api_key:rotate',
    'api_key:disable',
    'allow_list:update',
    'role:create',
  ]),
  'the role of the platform’s clerks is emptied': putRole('root', 'platformClerks', []),
  'the clerk gets another role': patchKey('root', 'clerk', give('nothing')),
  'the clerk is restricted': patchKey('root', 'clerk', restrict('other')),
  'the clerk is disabled': onKey('root', 'clerk', 'disable'),
  'the clerk is revoked': onKey('root', 'clerk', 'revoke'),
  'the clerk gets another token': onKey('root', 'clerk', 'rotate', { overlap_seconds: 0 }),
  'the clerks are revoked in bulk': (site) =>
    site.root.post(`${keys(site)}/revoke`, { filter: { role: site.ids.clerks } }),
  'the bound clerk loses a list': patchKey('root', 'boundClerk', restrict('home')),
  'the list of those who are bound is narrowed': setEntries('root', 'home', ['10.2.0.0/16']),
  'the other list is narrowed': setEntries('root', 'other', ['198.51.100.0/24']),
  'the bound admin gets another list': patchKey('root', 'boundAdmin', restrict('other')),
}

/** Every pair of an act that grants and one that changes what it is judged by. */
export const races = racesOf({ ...grants, ...wideners }, { ...wideners, ...narrowers })
