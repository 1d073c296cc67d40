import { type RawBuilder, sql } from 'kysely'
import type { Actor, ActorKind, VerifiedAs } from '../domain/key/api-key.ts'
import { toActor } from './api-key-rows.ts'
import type { Executor } from './database.ts'

/** An active key that uses a role or an allow list. */
export interface Dependent {
  /** The id of the role or of the list. */
  readonly holdsId: string
  readonly name: string
  readonly createdBy: Actor
}

export interface DependentsRequest {
  readonly accountId: string
  /** Roles or allow lists of the account. */
  readonly ids: readonly string[]
  /** The maximum for each of them; the newest keys come first. */
  readonly limitEach: number
  /** The maximum for all of them together. */
  readonly limit: number
  readonly now: Date
}

/** The active keys that have each of some roles. */
export function findDependentsOfRoles(
  db: Executor,
  request: DependentsRequest,
): Promise<Dependent[]> {
  return findDependents(db, request, sql`from api_key where role_id = wanted.id`)
}

/** The active keys that are restricted to each of some allow lists. */
export function findDependentsOfAllowLists(
  db: Executor,
  request: DependentsRequest,
): Promise<Dependent[]> {
  return findDependents(
    db,
    request,
    sql`from api_key_allow_list as binding join api_key on api_key.id = binding.api_key_id
      where binding.account_id = ${request.accountId} and binding.live
        and binding.allow_list_id = wanted.id`,
  )
}

async function findDependents(
  db: Executor,
  { accountId, ids, limitEach, limit, now }: DependentsRequest,
  among: RawBuilder<unknown>,
): Promise<Dependent[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<HolderRow>`
    select wanted.id as holds_id, dependent.*
    from unnest(${ids}::uuid[]) as wanted (id)
    cross join lateral (
      select name, created_by_kind, created_by_id, created_by_name, created_by_verified
      ${among} and api_key.account_id = ${accountId} and api_key.live
        and disabled_at is null and (expires_at is null or expires_at > ${now})
      order by created_at desc, api_key.id desc limit ${limitEach}
    ) as dependent
    limit ${limit}`.execute(db)
  return rows.map((row) => ({
    holdsId: row.holds_id,
    name: row.name,
    createdBy: toActor(
      row.created_by_kind,
      row.created_by_id,
      row.created_by_name,
      row.created_by_verified,
    ),
  }))
}

interface HolderRow {
  readonly holds_id: string
  readonly name: string
  readonly created_by_kind: ActorKind
  readonly created_by_id: string | null
  readonly created_by_name: string | null
  readonly created_by_verified: VerifiedAs | null
}
