import { type RawBuilder, sql } from 'kysely'
import { formatTime } from '../domain/format-time.ts'
import type { Reach } from '../domain/key/api-key.ts'
import type { AddressSet } from '../domain/network/address-set.ts'
import type { KeyFacts } from '../domain/verdict.ts'
import { isReleased } from './api-key-rows.ts'
import type { Executor } from './database.ts'
import { internAccountId, internRole } from './tuning/interning.ts'
import { permissionNames, permissionSetOf } from './tuning/permission-sets.ts'

/** One secret of a key, as stored. */
export interface Credential {
  readonly apiKeyId: string
  readonly keyCreatedAt: Date
  readonly generation: number
  /** Argon2id in PHC form. */
  readonly hash: string
  readonly hashProfile: number
  readonly pepperId: string | null
  readonly firstUsedAt: Date | null
  /** Whether its first use ends older credentials of the key, at once or later. */
  readonly retiresOlder: boolean
}

/** A credential and the facts of its key, read by one statement. */
export interface FoundCredential {
  readonly credential: Credential
  readonly facts: KeyFacts
}

/**
 * Credentials with their key, its role and its lists: all that a verdict needs. The caller adds the
 * conditions.
 */
export function selectCredentials(db: Executor) {
  return db
    .selectFrom('credential')
    .innerJoin('api_key', 'api_key.id', 'credential.api_key_id')
    .innerJoin('role', 'role.id', 'api_key.role_id')
    .select([
      'credential.generation',
      'credential.hash',
      'credential.hash_profile',
      'credential.pepper_id',
      'credential.created_at as issued_at',
      'credential.first_used_at',
      'credential.ended_at',
      'credential.ends_at',
      'credential.retires_older_after_seconds',
      'api_key.id',
      'api_key.account_id',
      'api_key.created_at',
      'api_key.name',
      sql<
        string | null
      >`case api_key.created_by_kind when 'user' then api_key.created_by_name end`.as('issued_for'),
      'api_key.reach',
      'api_key.expires_at',
      'api_key.disabled_at',
      'api_key.revoked_at',
      isReleased.as('released'),
      'api_key.role_id',
      'role.platform',
      'role.name as role_name',
      permissionNames.as('permissions'),
      sql<string[]>`array(
        select allow_list_id from api_key_allow_list
        where api_key_allow_list.api_key_id = api_key.id order by allow_list_id)`.as(
        'allow_list_ids',
      ),
      listsOfKey(sql`allow_list.version::text`, ' ').as('list_versions'),
    ])
}

/**
 * Something of each live list of a key, in order of version. The driver splits an array letter by
 * letter.
 */
function listsOfKey(what: RawBuilder<unknown>, separator: string) {
  return sql<string>`array_to_string(array(
    select ${what}
    from api_key_allow_list join allow_list on allow_list.id = api_key_allow_list.allow_list_id
    where api_key_allow_list.api_key_id = api_key.id and allow_list.live
    order by allow_list.version), ${sql.lit(separator)})`
}

/** The columns of `selectCredentials`. */
export interface CredentialResult {
  readonly generation: number
  readonly hash: string
  readonly hash_profile: number
  readonly pepper_id: string | null
  readonly issued_at: Date
  readonly issued_for: string | null
  readonly first_used_at: Date | null
  readonly ended_at: Date | null
  readonly ends_at: Date | null
  readonly retires_older_after_seconds: number | null
  readonly id: string
  readonly account_id: string
  readonly created_at: Date
  readonly name: string
  readonly reach: Reach
  readonly expires_at: Date | null
  readonly disabled_at: Date | null
  readonly revoked_at: Date | null
  readonly released: boolean
  readonly role_id: string
  readonly platform: boolean
  readonly role_name: string
  readonly permissions: string
  readonly allow_list_ids: string[]
  /** The versions of its live lists, which name their entries; separated by spaces. */
  readonly list_versions: string
}

/**
 * A row as the credential and the facts of its key. `addresses` are those of the lists that
 * `list_versions` names.
 */
export function toFound(row: CredentialResult, addresses: AddressSet): FoundCredential {
  return {
    credential: {
      apiKeyId: row.id,
      keyCreatedAt: row.created_at,
      generation: row.generation,
      hash: row.hash,
      hashProfile: row.hash_profile,
      pepperId: row.pepper_id,
      firstUsedAt: row.first_used_at,
      retiresOlder: row.retires_older_after_seconds !== null,
    },
    facts: {
      id: row.id,
      accountId: internAccountId(row.account_id),
      platform: row.platform,
      name: row.name,
      role: internRole(row.role_id, row.role_name),
      ...permissionSetOf(row.permissions),
      reach: row.reach,
      allowListIds: row.allow_list_ids,
      addresses,
      expiresAt: row.expires_at,
      expiresAtText: formatTime(row.expires_at),
      disabledAt: row.disabled_at,
      revokedAt: row.revoked_at,
      released: row.released,
      generation: row.generation,
      issuedAt: row.issued_at,
      issuedFor: row.issued_for,
      endedAt: row.ended_at,
      endsAt: row.ends_at,
    },
  }
}
