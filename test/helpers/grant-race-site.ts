import type { Client } from 'pg'
import type { Test } from 'tap'
import type { IsolationLevel } from '../../src/store/database.ts'
import type { RaceSite } from './act-races.ts'
import type { Api } from './api.ts'
import { createImpatientDatabase } from './database.ts'
import { newAccount, newAllowList, newKey, newRole } from './fixtures.ts'
import { connectRaw } from './instances.ts'
import { saveRows } from './saved-rows.ts'
import { startTestService } from './service.ts'

/** An account with keys that grant to each other, and the means to restore it. */
export interface Site extends RaceSite {
  readonly account: string
  readonly platform: string
  readonly root: Api
  /** The caller that acts by the key of this name. */
  readonly as: Readonly<Record<Author, Api>>
  /** The ids of all keys, roles and lists, by their names. */
  readonly ids: Readonly<Record<string, string>>
}

const authors = ['clerk', 'freeAdmin', 'boundAdmin', 'boundClerk', 'platformClerk'] as const
export type Author = (typeof authors)[number]

const granting = [
  'api_key:create',
  'api_key:update',
  'api_key:rotate',
  'api_key:disable',
  'allow_list:update',
  'role:create',
  'role:update',
  'cluster:read',
]

/**
 * The clerks hold what grants, and `cluster:read`; whatever else a key gets is beyond them. The
 * bound ones are restricted by address.
 */
export async function openSite(t: Test, isolation: IsolationLevel): Promise<Site> {
  const database = await createImpatientDatabase(t)
  const settings = { DATABASE_POOL_MAX: '8' }
  const { root, as, service } = await startTestService(t, { database, isolation, settings })
  const raw = await connectRaw(t, database.url)
  const account = await newAccount(root)
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  const ids: Record<string, string> = {}

  for (const [name, entries] of [
    ['home', ['10.0.0.0/8']],
    ['other', ['10.0.0.0/8', '198.51.100.0/24']],
    ['open', ['192.0.2.0/24']],
  ] as const) {
    ids[name] = await newAllowList(root, account, entries, name)
  }
  for (const [name, permissions] of [
    ['clerks', granting],
    ['nothing', []],
    ['ofHome', ['cluster:read']],
    ['ofOpen', ['cluster:read']],
    ['strong', ['cluster:read', 'backup:delete']],
  ] as const) {
    ids[name] = await newRole(root, account, name, permissions)
  }
  ids.platformClerks = await newRole(root, platform, 'platformClerks', granting)

  const tokens: Record<string, string> = {}
  const issue = async (
    name: string,
    role: string,
    lists: readonly string[],
    owner = account,
    expires_at: string | null = null,
  ) => {
    const allow_list_ids = lists.map((list) => ids[list])
    const values = { name, role: ids[role] ?? role, allow_list_ids, expires_at }
    const key = await newKey(root, owner, values)
    ids[name] = key.id
    tokens[name] = key.token
  }
  await issue('clerk', 'clerks', [])
  await issue('freeAdmin', 'admin', [])
  await issue('boundAdmin', 'admin', ['home'])
  await issue('boundClerk', 'clerks', ['home', 'other'])
  await issue('platformClerk', 'platformClerks', [], platform)
  await issue('homeKey', 'ofHome', ['home'], account, '2040-01-01T00:00:00Z')
  await issue('homeDisabled', 'ofHome', ['home'])
  await issue('openKey', 'ofOpen', ['open'])
  await issue('idle', 'nothing', [])
  await root.post(`/v1/accounts/${account}/api-keys/${ids.homeDisabled}/disable`)

  const callers = Object.fromEntries(
    authors.map((author) => [author, fromHome(as(tokens[author]))]),
  ) as Record<Author, Api>
  // The first use of a key writes to the database: it is recorded before any race.
  for (const author of authors) await callers[author].get('/v1/me')
  const restoreRows = await saveRows(raw)
  return {
    raw,
    account,
    platform,
    root,
    as: callers,
    ids,
    async restore() {
      await restoreRows()
      service.deps.cache.clear()
    },
    state: () => stateOf(raw, account, ids),
  }
}

/** The same caller at an address that the lists allow. */
function fromHome(api: Api): Api {
  const call: Api['call'] = (method, path, options) =>
    api.call(method, path, { ...options, remoteAddress: '10.1.0.1' })
  return {
    ...api,
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, { body }),
    put: (path, body) => call('PUT', path, { body }),
    patch: (path, body) => call('PATCH', path, { body }),
    delete: (path) => call('DELETE', path),
  }
}

/**
 * Everything that the keys, roles and lists of the account allow, and that role of the platform, as
 * one text.
 */
async function stateOf(raw: Client, account: string, ids: Site['ids']): Promise<string> {
  const { rows } = await raw.query(
    `select string_agg(line, e'\n' order by line) as state from (
      select concat_ws(' ', 'key', api_key.name, role.name, reach, expires_at, disabled_at is null,
        revoked_at is null,
        (select max(generation) from credential where api_key_id = api_key.id),
        array(select allow_list.name from api_key_allow_list
          join allow_list on allow_list.id = allow_list_id
          where api_key_id = api_key.id order by 1)) as line
      from api_key join role on role.id = role_id where api_key.account_id = $1
      union all
      select concat_ws(' ', 'role', name, effective_account) from role
      where not built_in and (account_id = $1 or id = $2)
      union all
      select concat_ws(' ', 'list', name, entries) from allow_list where account_id = $1
    ) as lines`,
    [account, ids.platformClerks],
  )
  return String(rows[0]?.state)
}
