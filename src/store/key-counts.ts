import { type RawBuilder, sql } from 'kysely'
import type { Executor } from './database.ts'
import { expiry } from './paging.ts'

/** How many live keys have each of the account's roles. Roles without a key are absent. */
export function countKeysOfRoles(
  db: Executor,
  accountId: string,
  roleIds: readonly string[],
  now: Date,
): Promise<Map<string, number>> {
  const isLive = sql<boolean>`live and ${expiry} > ${now}`
  return countByRole(db, accountId, roleIds, 'api_key', isLive)
}

/** How many users have each of the account's roles. Roles without a user are absent. */
export function countUsersOfRoles(
  db: Executor,
  accountId: string,
  roleIds: readonly string[],
  now: Date,
): Promise<Map<string, number>> {
  const isLive = sql<boolean>`live and coalesce(mapped_until, 'infinity') > ${now}`
  return countByRole(db, accountId, roleIds, 'membership', isLive)
}

async function countByRole(
  db: Executor,
  accountId: string,
  roleIds: readonly string[],
  table: 'api_key' | 'membership',
  isLive: RawBuilder<boolean>,
): Promise<Map<string, number>> {
  if (roleIds.length === 0) return new Map()
  const { rows } = await sql<Count>`
    select role_id as id, count(*) as count from ${sql.table(table)}
    where account_id = ${accountId} and role_id = any(${roleIds}::uuid[]) and ${isLive}
    group by role_id`.execute(db)
  return toMap(rows)
}

/** How many live keys use each of the account's allow lists. Unused lists are absent. */
export async function countKeysOfLists(
  db: Executor,
  accountId: string,
  listIds: readonly string[],
  now: Date,
): Promise<Map<string, number>> {
  if (listIds.length === 0) return new Map()
  const { rows } = await sql<Count>`
    select allow_list_id as id, count(*) as count from api_key_allow_list as link
    join api_key on api_key.id = link.api_key_id
    where link.account_id = ${accountId} and link.live
      and link.allow_list_id = any(${listIds}::uuid[]) and ${expiry} > ${now}
    group by allow_list_id`.execute(db)
  return toMap(rows)
}

/** PostgreSQL counts in bigint, which arrives as text. */
interface Count {
  readonly id: string
  readonly count: string
}

function toMap(rows: readonly Count[]): Map<string, number> {
  return new Map(rows.map(({ id, count }) => [id, Number(count)]))
}
