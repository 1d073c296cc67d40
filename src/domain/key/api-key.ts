import type { RevisionRef } from '../protocol/revision-ref.ts'
import type { RoleRef } from '../role-ref.ts'
import type { Metadata } from './metadata-entries.ts'

/** From where a key may be used. `anywhere` is an explicit value, never the absence of lists. */
export const reaches = ['anywhere', 'allow_lists'] as const
export type Reach = (typeof reaches)[number]

export const keyStatuses = ['active', 'revoked', 'disabled', 'expired'] as const
export type KeyStatus = (typeof keyStatuses)[number]

export const actorKinds = ['user', 'api_key', 'platform', 'system'] as const
export type ActorKind = (typeof actorKinds)[number]

/** The account whose user a person acted as: a customer's, or that of the platform. */
export const verifiedAs = ['account', 'platform'] as const
export type VerifiedAs = (typeof verifiedAs)[number]

/**
 * Who acted: a person as a user, or a user on whose behalf a trusted backend acts; a key of the
 * account, a key of the platform, or the service itself.
 */
export interface Actor {
  readonly kind: ActorKind
  readonly id: string | null
  readonly name: string | null
  /**
   * Only of a person whom this service had authenticated. A user that a backend names is not
   * verified.
   */
  readonly verified?: VerifiedAs
}

/** The facts that decide a key's status. */
export interface KeyState {
  readonly expiresAt: Date | null
  readonly disabledAt: Date | null
  readonly revokedAt: Date | null
  /**
   * Expired for good, whatever a clock shows: another key may have taken its name, and its role and
   * lists may be gone. An instance whose clock is slow must not accept the key.
   */
  readonly released: boolean
}

/** The record of a key. It holds no hash: see Credential. */
export interface ApiKey extends KeyState {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly description: string
  readonly role: RoleRef
  readonly reach: Reach
  /** Sorted by id. */
  readonly allowListIds: readonly string[]
  readonly createdAt: Date
  readonly createdBy: Actor
  readonly revokedBy: Actor | null
  readonly revocationReason: string | null
  /** The prefix of the key's tokens. */
  readonly tokenPrefix: string
  readonly lastUsedAt: Date | null
  readonly useCount: number
  readonly metadata: Metadata
  /** The generation of the newest token. */
  readonly generation: number
  /** When the overlap of an older token with the newest ends; null: there is no overlap. */
  readonly overlapEndsAt: Date | null
  /** The last change of the key itself; null: the key is unchanged since it was issued. */
  readonly lastChange: RevisionRef | null
}

/**
 * The status of a key, in the order of precedence of the verdict: revoked, disabled, expired,
 * active.
 */
export function statusOf(key: KeyState, now: Date): KeyStatus {
  if (key.revokedAt !== null) return 'revoked'
  if (key.disabledAt !== null) return 'disabled'
  if (isExpired(key, now)) return 'expired'
  return 'active'
}

/** A key is expired from the moment of its expiry on, and once it has been released. */
export function isExpired(key: Pick<KeyState, 'expiresAt' | 'released'>, now: Date): boolean {
  return key.released || (key.expiresAt !== null && now.getTime() >= key.expiresAt.getTime())
}

/** Names one credential: the key, and the credential's generation within it. */
export interface CredentialRef {
  readonly apiKeyId: string
  readonly generation: number
}
