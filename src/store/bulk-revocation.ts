import { type RawBuilder, sql } from 'kysely'
import type { Actor } from '../domain/key/api-key.ts'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import { createdByNoPlatform, namePrefixed } from './api-key-listing.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { wasLastUsedBefore } from './usage.ts'

/**
 * The keys that a bulk revocation revokes: those that are not revoked and pass every condition that
 * is given.
 */
export interface BulkFilter {
  /** Keys of the platform are found by their id only if the caller may know them. */
  readonly createdBy?: { readonly id: string; readonly platformToo: boolean }
  readonly roleIds?: readonly string[]
  readonly namePrefix?: string
  readonly createdBefore?: Date
  /** Keys that have been used, and last before this time. */
  readonly lastUsedBefore?: Date
  readonly neverUsed?: true
}

/** The account; undefined: every account. */
export type BulkScope = string | undefined

export interface Revocation {
  readonly at: Date
  readonly by: Actor
  readonly reason: string | null
  /** The id of the bulk revocation. */
  readonly inBulk: string
}

/** The keys that a bulk revocation would revoke, in order of id. */
export async function findRevocable(
  db: Executor,
  scope: BulkScope,
  filter: BulkFilter,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select api_key.id from ${revocable(scope, filter)} order by api_key.id`.execute(db)
  return rows.map((row) => row.id)
}

/**
 * The number of keys that a bulk revocation would revoke, the number of their accounts, and the
 * latest few keys.
 */
export async function countRevocable(
  db: Executor,
  scope: BulkScope,
  filter: BulkFilter,
  sampled: number,
): Promise<{ readonly count: number; readonly accounts: number; readonly sample: string[] }> {
  const counted = await sql<{ count: number; accounts: number }>`
    select count(*)::int as count, count(distinct api_key.account_id)::int as accounts
    from ${revocable(scope, filter)}`.execute(db)
  const sample = await sql<{ id: string }>`
    select api_key.id from ${revocable(scope, filter)}
    order by api_key.created_at desc, api_key.id desc limit ${sampled}`.execute(db)
  return {
    ...(counted.rows[0] ?? { count: 0, accounts: 0 }),
    sample: sample.rows.map((row) => row.id),
  }
}

/**
 * Revokes those of the keys that still pass the filter, and returns them with their accounts. The
 * rows are locked in order of id first, as the flush of uses locks them too. Each statement names
 * the ids, so that the index is used; with a join the planner may read the table.
 */
export async function revokeAll(
  trx: StoreTransaction,
  ids: readonly string[],
  filter: BulkFilter,
  revocation: Revocation,
): Promise<readonly { readonly id: string; readonly accountId: string }[]> {
  const locked = await sql<{ id: string; account_id: string }>`
    select api_key.id, api_key.account_id from ${joined(filter)}
    where api_key.id = any(${ids}::uuid[]) and ${isRevocable(filter)}
    order by api_key.id for update of api_key`.execute(trx)
  const revoked = locked.rows.map((row) => ({ id: row.id, accountId: row.account_id }))
  const revokedIds = revoked.map(({ id }) => id)
  await sql`
    update api_key_allow_list set live = null
    where api_key_id = any(${revokedIds}::uuid[]) and live`.execute(trx)
  const { at, by, reason, inBulk } = revocation
  await sql`
    update api_key set revoked_at = ${at}, revoked_by_kind = ${by.kind}, revoked_by_id = ${by.id},
      revoked_by_name = ${by.name}, revoked_by_verified = ${by.verified ?? null}::text,
      revocation_reason = ${reason}, live = null,
      changed_revision = null, changed_revision_id = null, revoked_in_bulk = ${inBulk}
    where id = any(${revokedIds}::uuid[])`.execute(trx)
  return revoked
}

/** Records the revision of a bulk revocation, for the receipt of a repeated one. */
export async function insertBulkRevocation(
  trx: StoreTransaction,
  id: string,
  changed: RevisionRef,
  now: Date,
): Promise<void> {
  await trx
    .insertInto('bulk_revocation')
    .values({ id, revision: changed.revision, revision_id: changed.id, created_at: now })
    .execute()
}

/**
 * The ids of the roles that a filter names, of one account or of all; deleted roles included, as in
 * a list.
 */
export async function findRoleIds(
  db: Executor,
  scope: BulkScope,
  role: { readonly id: string } | { readonly foldedName: string },
): Promise<string[]> {
  let query = db.selectFrom('role').select('id')
  if (scope !== undefined) query = query.where('account_id', '=', scope)
  query =
    'id' in role
      ? query.where('id', '=', role.id)
      : query.where('folded_name', '=', role.foldedName)
  return (await query.execute()).map((row) => row.id)
}

/**
 * The keys to revoke, for `from`. The indexes begin with the account, so that each account is
 * queried by itself: without OFFSET the planner would join the accounts to all keys, which it reads
 * from the table.
 */
function revocable(scope: BulkScope, filter: BulkFilter): RawBuilder<unknown> {
  const ofAccount = (id: RawBuilder<unknown>) => sql`(
    select api_key.id, api_key.account_id, api_key.created_at from ${joined(filter)}
    where api_key.account_id = ${id} and ${isRevocable(filter)} offset 0) as api_key`
  return scope === undefined
    ? sql`account cross join lateral ${ofAccount(sql`account.id`)}`
    : ofAccount(sql`${scope}`)
}

function joined(filter: BulkFilter): RawBuilder<unknown> {
  return filter.lastUsedBefore === undefined
    ? sql`api_key`
    : sql`api_key join api_key_usage on api_key_usage.api_key_id = api_key.id
        and api_key_usage.account_id = api_key.account_id`
}

function isRevocable(filter: BulkFilter): RawBuilder<unknown> {
  const { createdBy, roleIds, namePrefix, createdBefore, lastUsedBefore, neverUsed } = filter
  const conditions = [sql`api_key.revoked_at is null`]
  if (createdBy !== undefined) {
    conditions.push(sql`api_key.created_by_id = ${createdBy.id}`)
    if (!createdBy.platformToo) conditions.push(createdByNoPlatform)
  }
  if (roleIds !== undefined) conditions.push(sql`api_key.role_id = any(${roleIds}::uuid[])`)
  if (namePrefix !== undefined) conditions.push(namePrefixed(namePrefix))
  if (createdBefore !== undefined) conditions.push(sql`api_key.created_at < ${createdBefore}`)
  if (lastUsedBefore !== undefined) {
    conditions.push(wasLastUsedBefore('api_key_usage', lastUsedBefore))
  }
  // The aggregate is evaluated key by key; with a plain "not exists" the planner may read the
  // credentials of all accounts.
  if (neverUsed === true) {
    conditions.push(sql`(select max(credential.first_used_at) from credential
      where credential.api_key_id = api_key.id) is null`)
  }
  return sql.join(conditions, sql` and `)
}
