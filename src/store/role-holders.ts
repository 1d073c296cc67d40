import { sql } from 'kysely'
import type { Executor, StoreTransaction } from './database.ts'
import { databaseClock } from './database-clock.ts'

/** Whether a user of the account has the role: people are not restricted to allow lists. */
export async function hasUsers(
  trx: StoreTransaction,
  accountId: string,
  roleId: string,
): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select from membership where account_id = ${accountId} and role_id = ${roleId} and live
    ) as found`.execute(trx)
  return rows[0]?.found === true
}

/**
 * How many other users hold the built-in role of that name now, by the database's clock. The caller
 * holds the exclusive lock of the account, so that no act changes the number meanwhile.
 */
export async function countOthersWithRole(
  trx: StoreTransaction,
  accountId: string,
  builtInName: string,
  exceptMembershipId: string,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from membership join role on role.id = membership.role_id
    where membership.account_id = ${accountId} and membership.live
      and role.built_in and role.folded_name = ${builtInName}
      and membership.id <> ${exceptMembershipId}
      and (mapped_until is null or mapped_until > ${databaseClock})`.execute(trx)
  return rows[0]?.count ?? 0
}

/**
 * The memberships with the role whose mapped time is over by the database's clock, locked: they
 * hold the role, and nobody acts by them.
 */
export async function lockLapsedMemberships(
  trx: StoreTransaction,
  accountId: string,
  roleId: string,
): Promise<readonly string[]> {
  const rows = await trx
    .selectFrom('membership')
    .select('id')
    .where('account_id', '=', accountId)
    .where('role_id', '=', roleId)
    .where('live', '=', true)
    .where('mapped_until', '<=', databaseClock)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(({ id }) => id)
}

/** How many users have each of the account's roles. Roles without a user are absent. */
export async function countUsersOfRoles(
  db: Executor,
  accountId: string,
  roleIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (roleIds.length === 0) return new Map()
  const { rows } = await sql<{ id: string; count: number }>`
    select role_id as id, count(*)::int as count from membership
    where account_id = ${accountId} and live and role_id = any(${roleIds}::uuid[])
    group by role_id`.execute(db)
  return new Map(rows.map(({ id, count }) => [id, count]))
}
