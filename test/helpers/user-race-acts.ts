import { randomUUID } from 'node:crypto'
import { ServiceError } from '../../src/errors.ts'
import { endSessionsByProvider } from '../../src/management/sessions/end-by-provider.ts'
import type { Act as ActOf, Acts } from './act-races.ts'
import type { Answer } from './api.ts'
import type { PersonLabel, UserSite } from './user-race-site.ts'

type Act = ActOf<UserSite>
type Author = PersonLabel | 'root'
type Method = 'DELETE' | 'PATCH' | 'POST' | 'PUT'

/** A request to a path of the account, by a session of the person or by the root key. */
function send(
  author: Author,
  method: Method,
  path: (site: UserSite) => string,
  body?: (site: UserSite) => object,
): Act {
  return (site) => {
    const caller = author === 'root' ? site.root : site.people[author]
    const options = body === undefined ? {} : { body: body(site) }
    return caller.call(method, `/v1/accounts/${site.account}${path(site)}`, options)
  }
}

const userPath = (user: PersonLabel) => (site: UserSite) => `/users/${site.people[user].userId}`

function add(author: Author, subject: string, role: string): Act {
  const body = ({ issuer, ids }: UserSite) => ({
    issuer: issuer.issuer,
    subject,
    role: ids[role] ?? role,
  })
  return send(author, 'POST', () => '/users', body)
}

function giveRole(author: Author, user: PersonLabel, role: string): Act {
  return send(author, 'PATCH', userPath(user), ({ ids }) => ({ role: ids[role] ?? role }))
}

function remove(author: Author, user: PersonLabel, keys: 'disable' | 'keep' | 'revoke'): Act {
  return send(
    author,
    'POST',
    (site) => `${userPath(user)(site)}/remove`,
    () => ({ keys }),
  )
}

function putRole(author: Author, role: string, permissions: readonly string[]): Act {
  return send(
    author,
    'PUT',
    ({ ids }) => `/roles/${ids[role]}`,
    () => ({ name: role, permissions }),
  )
}

function deleteRole(author: Author, role: string): Act {
  return send(author, 'DELETE', ({ ids }) => `/roles/${ids[role]}`)
}

function issue(author: Author, role: string): Act {
  const name = `issued by ${author}`
  return send(
    author,
    'POST',
    () => '/api-keys',
    ({ ids }) => ({ name, role: ids[role], expires_at: null }),
  )
}

function onKey(author: Author, key: string, verb: string, body: object = {}): Act {
  return send(
    author,
    'POST',
    ({ ids }) => `/api-keys/${ids[key]}/${verb}`,
    () => body,
  )
}

/**
 * What is several acts in turn, between which the other one may come: only what is stored in the
 * end must be that of some order.
 */
function inSteps(act: (site: UserSite) => Promise<unknown>): Act {
  return async (site) => {
    const answer = await act(site).catch((error: unknown) => {
      if (error instanceof ServiceError) return undefined
      throw error
    })
    if (isAnswer(answer) && answer.status >= 500) return answer
    return { status: 0, headers: {}, body: null, text: '' }
  }
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'status' in value
}

function signIn(subject: string, ...roles: string[]): Act {
  return inSteps((site) => site.signIn(subject, roles))
}

function issueByJwt(subject: string, groups: string): Act {
  return inSteps(({ account, as, ids, issuer }) =>
    as(issuer.mint(subject, { claims: { groups } })).post(`/v1/accounts/${account}/api-keys`, {
      name: `issued by a JWT of ${subject}`,
      role: ids.given,
      expires_at: null,
    }),
  )
}

function logOut(subject: string, providerSession: string | undefined): Act {
  return async ({ issuer, service }) => {
    const { kind } = await endSessionsByProvider(service.deps, {
      issuer: issuer.issuer,
      subject,
      providerSession,
      jti: randomUUID(),
      expiresAt: new Date(Date.now() + 60_000),
    })
    return { status: 200, headers: {}, body: { code: kind }, text: kind }
  }
}

function invite(author: Author, email: string, role: string): Act {
  return send(
    author,
    'POST',
    () => '/invitations',
    ({ ids }) => ({ email, role: ids[role] ?? role }),
  )
}

/** A request of a client of Aeon, which knows the invitation as a user. */
function byAeon(method: Method, invitation: string, path: string, role?: string): Act {
  return ({ root, account, ids }) =>
    root.call(method, `/api/public/v1/accounts/${account}/users/${ids[invitation]}${path}`, {
      ...(role !== undefined && { body: { role_id: ids[role] } }),
    })
}

function redeem(subject: string): Act {
  return async (site) => {
    const redemption = await site.redeem(subject)
    const code = redemption.kind === 'refused' ? redemption.reason : String(redemption.isAdded)
    return { status: 200, headers: {}, body: { code }, text: code }
  }
}

const more = ['cluster:read', 'backup:delete']

/** Every kind of act on people and by people, and what else they meet. */
export const acts: Acts<UserSite> = {
  'an admin removes the other one with the keys': remove('ada', 'bob', 'revoke'),
  'the other admin removes the first one': remove('bob', 'ada', 'keep'),
  'the other admin lowers the first one': giveRole('bob', 'ada', 'viewer'),
  'root removes an admin': remove('root', 'ada', 'disable'),
  'root lowers the other admin': giveRole('root', 'bob', 'viewer'),
  'root makes the member an admin': giveRole('root', 'member', 'admin'),

  'the clerk adds a person': add('clerk', 'new', 'given'),
  'root adds the same person': add('root', 'new', 'viewer'),
  'root adds a person who may sign in by a mapping': add('root', 'stranger', 'given'),
  'the clerk invites to the role that nobody has': invite('clerk', 'new@example.com', 'nothing'),
  'root invites the same address': invite('root', 'NEW@example.com', 'viewer'),
  'an invitation of the clerk is redeemed': redeem('invited'),
  'the person who is added redeems it': redeem('new'),
  'root sends the invitation again': send(
    'root',
    'POST',
    ({ ids }) => `/invitations/${ids.invitation}/resend`,
  ),
  'root withdraws the invitation': send(
    'root',
    'DELETE',
    ({ ids }) => `/invitations/${ids.invitation}`,
  ),
  'a client removes whom the clerk invited': byAeon('DELETE', 'invitation', ''),
  'a client gives whom the clerk invited another role': byAeon(
    'PUT',
    'invitation',
    '/roles',
    'nothing',
  ),
  'a client removes the member': byAeon('DELETE', 'invitation of member', ''),
  'a client gives the member another role': byAeon(
    'PUT',
    'invitation of member',
    '/roles',
    'nothing',
  ),
  'the clerk gives the member another role': giveRole('clerk', 'member', 'nothing'),
  'root gives the member the mapped role': giveRole('root', 'member', 'mapped'),
  'root gives the mapped person another role': giveRole('root', 'mapped', 'given'),
  'the clerk removes the member': remove('clerk', 'member', 'keep'),
  'an admin removes the clerk and keeps the keys': remove('ada', 'clerk', 'keep'),
  'root removes the clerk and disables the keys': remove('root', 'clerk', 'disable'),
  'the other admin removes the clerk and revokes the keys': remove('bob', 'clerk', 'revoke'),
  'the clerk removes the mapped person with the keys': remove('clerk', 'mapped', 'revoke'),
  'root gives the clerk no rights': giveRole('root', 'clerk', 'nothing'),

  'root empties the role of the clerks': putRole('root', 'clerks', []),
  'root widens the role of the member': putRole('root', 'given', more),
  'the clerk widens the role of the member': putRole('clerk', 'given', [
    'cluster:read',
    'role:create',
  ]),
  'root empties the mapped role': putRole('root', 'mapped', []),
  'root deletes the role of the member': deleteRole('root', 'given'),
  'an admin deletes the mapped role': deleteRole('ada', 'mapped'),
  'an admin deletes the role that nobody has': deleteRole('ada', 'nothing'),
  'an admin deletes the role that has ended': deleteRole('ada', 'ended'),
  'the clerk defines a role': send(
    'clerk',
    'POST',
    () => '/roles',
    () => ({ name: 'defined', permissions: ['cluster:read'] }),
  ),

  'the mapped person signs in again': signIn('mapped', 'mapped'),
  'the mapped person signs in for another role': signIn('mapped', 'given'),
  'the mapped person signs in without a role': signIn('mapped'),
  'the member signs in for a mapped role': signIn('member', 'mapped'),
  'the member signs in again': signIn('member'),
  'a stranger signs in for a mapped role': signIn('stranger', 'mapped'),
  'a stranger comes with a JWT': issueByJwt('stranger', 'mapped'),
  'the mapped person comes with a JWT': issueByJwt('mapped', 'mapped'),

  'the lapsed person signs in again': signIn('lapsed', 'ended'),
  'the lapsed person signs in for another role': signIn('lapsed', 'given'),
  'the lapsed person signs in without a role': signIn('lapsed'),
  'the lapsed person comes with a JWT': issueByJwt('lapsed', 'mapped'),
  'root removes the lapsed person with the keys': remove('root', 'lapsed', 'revoke'),

  'the provider ends the sessions of the clerk': logOut('clerk', undefined),
  'the provider ends a session of the mapped person': logOut('mapped', 'at the provider: mapped'),
  'the clerk signs out': ({ people }) => people.clerk.call('DELETE', '/v1/session'),
  'the clerk ends the other session': ({ people, ids }) =>
    people.clerk.call('DELETE', `/v1/sessions/${ids.clerkElsewhere}`),

  'the clerk issues a key': issue('clerk', 'given'),
  'the mapped person issues a key': issue('mapped', 'given'),
  'the clerk rotates a key': onKey('clerk', 'of clerk', 'rotate', { overlap_seconds: 60 }),
  'the clerk revokes a key': onKey('clerk', 'of root', 'revoke'),
  'root enables a key of the clerk': onKey('root', 'of clerk', 'enable'),
  'an admin revokes many keys': send(
    'ada',
    'POST',
    () => '/api-keys/revoke',
    () => ({ filter: { name_prefix: 'of ' } }),
  ),
  'root renames the account': send(
    'root',
    'PATCH',
    () => '',
    () => ({ name: 'Renamed' }),
  ),
}
