import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Actor, ActorKind, ApiKey, VerifiedAs } from '../domain/key/api-key.ts'
import type { Executor } from './database.ts'
import type { Schema } from './schema.ts'

/**
 * The revision of a key's last change, as number and id: the key's own, or that of the bulk
 * revocation that ended it.
 */
export const changedRevision = sql<string | null>`coalesce(api_key.changed_revision,
  (select revision from bulk_revocation where bulk_revocation.id = api_key.revoked_in_bulk))`
export const changedRevisionId = sql<string | null>`coalesce(api_key.changed_revision_id,
  (select revision_id from bulk_revocation where bulk_revocation.id = api_key.revoked_in_bulk))`

/**
 * Keys with their role, lists and uses, of all accounts or of a selection of rows; the caller adds
 * the conditions.
 */
export function selectApiKeys(db: Executor, keys: RawBuilder<unknown> = sql`api_key`) {
  return db
    .selectFrom(keys.$castTo<Selectable<Schema['api_key']>>().as('api_key'))
    .innerJoin('role', 'role.id', 'api_key.role_id')
    .leftJoin('api_key_usage', 'api_key_usage.api_key_id', 'api_key.id')
    .select([
      'api_key.id',
      'api_key.account_id',
      'api_key.name',
      'api_key.description',
      'api_key.role_id',
      'role.name as role_name',
      'api_key.reach',
      'api_key.token_prefix',
      'api_key.created_at',
      'api_key.created_by_kind',
      'api_key.created_by_id',
      'api_key.created_by_name',
      'api_key.created_by_verified',
      'api_key.expires_at',
      'api_key.disabled_at',
      'api_key.revoked_at',
      isReleased.as('released'),
      'api_key.revoked_by_kind',
      'api_key.revoked_by_id',
      'api_key.revoked_by_name',
      'api_key.revoked_by_verified',
      'api_key.revocation_reason',
      'api_key.metadata',
      changedRevision.as('changed_revision'),
      changedRevisionId.as('changed_revision_id'),
      'api_key_usage.last_used_at',
      'api_key_usage.use_count',
      // Two lookups in the primary key of credential.
      sql<number>`(
        select max(generation) from credential where credential.api_key_id = api_key.id)`.as(
        'generation',
      ),
      sql<Date | null>`(
        select max(ends_at) from credential
        where credential.api_key_id = api_key.id and ended_at is null)`.as('overlap_ends_at'),
      sql<string[]>`array(
        select allow_list_id from api_key_allow_list
        where api_key_allow_list.api_key_id = api_key.id order by allow_list_id)`.as(
        'allow_list_ids',
      ),
    ])
}

type ApiKeyResult = Awaited<ReturnType<ReturnType<typeof selectApiKeys>['executeTakeFirstOrThrow']>>

/** The key of a row of `selectApiKeys`. */
export function toApiKey(row: ApiKeyResult): ApiKey {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    description: row.description,
    role: { id: row.role_id, name: row.role_name },
    reach: row.reach,
    allowListIds: row.allow_list_ids,
    tokenPrefix: row.token_prefix,
    createdAt: row.created_at,
    createdBy: toActor(
      row.created_by_kind,
      row.created_by_id,
      row.created_by_name,
      row.created_by_verified,
    ),
    expiresAt: row.expires_at,
    disabledAt: row.disabled_at,
    revokedAt: row.revoked_at,
    released: row.released,
    revokedBy:
      row.revoked_by_kind &&
      toActor(row.revoked_by_kind, row.revoked_by_id, row.revoked_by_name, row.revoked_by_verified),
    revocationReason: row.revocation_reason,
    lastUsedAt: row.last_used_at,
    useCount: Number(row.use_count ?? 0),
    metadata: row.metadata,
    generation: row.generation,
    overlapEndsAt: row.overlap_ends_at,
    lastChange:
      row.changed_revision_id === null
        ? null
        : { revision: Number(row.changed_revision), id: row.changed_revision_id },
  }
}

/** Whether an expired key has released its name, its role and its lists (releaseExpired). */
export const isReleased = sql<boolean>`(api_key.live is null and api_key.revoked_at is null)`

/** The actor of four columns. */
export function toActor(
  kind: ActorKind,
  id: string | null,
  name: string | null,
  verified: VerifiedAs | null,
): Actor {
  return verified === null ? { kind, id, name } : { kind, id, name, verified }
}
