import type { RevisionRef } from '../protocol/revision-ref.ts'
import type { RoleRef } from '../role.ts'
import type { Metadata } from './metadata.ts'

/** Where a key may be used from. `anywhere` is a value, never the absence of lists. */
export const reaches = ['anywhere', 'allow_lists'] as const
export type Reach = (typeof reaches)[number]

export const keyStatuses = ['active', 'revoked', 'disabled', 'expired'] as const
export type KeyStatus = (typeof keyStatuses)[number]

export const actorKinds = ['user', 'api_key', 'platform', 'system'] as const
export type ActorKind = (typeof actorKinds)[number]

/** Who did something: a user for whom a console acts, a key of the account, a key of the platform, or the service itself. */
export interface Actor {
  readonly kind: ActorKind
  readonly id: string | null
  readonly name: string | null
}

/** What decides a key's status. */
export interface KeyState {
  readonly expiresAt: Date | null
  readonly disabledAt: Date | null
  readonly revokedAt: Date | null
  /**
   * Expired for good, whatever a clock says: its name, its role and its lists may be somebody else's.
   * An instance whose clock is behind must not accept it.
   */
  readonly released: boolean
}

/** The record of a key. It has no hash: see Credential. */
export interface ApiKey extends KeyState {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly description: string
  readonly role: RoleRef
  readonly reach: Reach
  /** In order of id. */
  readonly allowListIds: readonly string[]
  readonly createdAt: Date
  readonly createdBy: Actor
  readonly revokedBy: Actor | null
  readonly revocationReason: string | null
  /** The prefix of its tokens. */
  readonly tokenPrefix: string
  readonly lastUsedAt: Date | null
  readonly useCount: number
  readonly metadata: Metadata
  /** Of its newest token. */
  readonly generation: number
  /** Until when an older token was promised to work beside the newest; null: none was, or it has ended. */
  readonly overlapEndsAt: Date | null
  /** The last change of the key itself; null: it is as it was issued. */
  readonly lastChange: RevisionRef | null
}

/** The status of a key, by the precedence of the verdict: revoked, disabled, expired, active. */
export function statusOf(key: KeyState, now: Date): KeyStatus {
  if (key.revokedAt !== null) return 'revoked'
  if (key.disabledAt !== null) return 'disabled'
  if (isExpired(key, now)) return 'expired'
  return 'active'
}

/** A key is expired from the very moment of its expiry on, and once it has been released. */
export function isExpired(key: Pick<KeyState, 'expiresAt' | 'released'>, now: Date): boolean {
  return key.released || (key.expiresAt !== null && now.getTime() >= key.expiresAt.getTime())
}
