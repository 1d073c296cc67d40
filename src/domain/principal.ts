import type { Actor } from './key/api-key.ts'
import type { Address } from './network/address.ts'
import type { KeyFacts } from './verdict.ts'

export interface ActingUser {
  readonly id: string
  readonly name: string | null
}

/** Who acts: a caller with an API key, or the service itself. */
export type Principal = KeyPrincipal | SystemPrincipal

/**
 * The caller of a request: its authenticated key, its address, and the user on whose behalf it
 * acts, if it names one.
 */
export interface KeyPrincipal {
  readonly kind: 'key'
  readonly key: KeyFacts
  readonly address: Address | undefined
  /** Recorded, never trusted for permissions. */
  readonly actingUser: ActingUser | undefined
  /** The session of the console that acts with the key; undefined: its token was presented. */
  readonly session: SessionRef | undefined
  /** The id of the request. */
  readonly requestId: string
  /** The epoch from before its key was read. */
  readonly epoch: number
  /**
   * When its key was read for this very request, on the monotonic clock; undefined: it was cached.
   */
  readonly readAt: number | undefined
  /**
   * Whether the transaction of its act has judged it again, and holds a lock on its key until the
   * commit.
   */
  authorityRenewed: boolean
}

/** A session as the caller of a request. */
export interface SessionRef {
  readonly id: string
  readonly expiresAt: Date
}

/**
 * The service itself, or an operator who has the database: no key stands behind it, and no rule
 * limits what it may do.
 */
export interface SystemPrincipal {
  readonly kind: 'system'
}

export const system: SystemPrincipal = { kind: 'system' }

/** The actor that the record of the principal's act names. */
export function actorOf(principal: Principal): Actor {
  if (principal.kind === 'system') return { kind: 'system', id: null, name: null }
  const { actingUser, key } = principal
  if (actingUser !== undefined) {
    return { kind: 'user', id: actingUser.id, name: actingUser.name }
  }
  return { kind: key.platform ? 'platform' : 'api_key', id: key.id, name: key.name }
}

/** An actor as a reader may see it: tenants see that the platform acted, not which of its keys. */
export function actorSeenBy(actor: Actor, platformReader: boolean): Actor {
  if (actor.kind !== 'platform' || platformReader) return actor
  return { kind: 'platform', id: null, name: null }
}
