import type { Actor } from './key/api-key.ts'
import type { Address } from './network/address.ts'
import type { UserFacts } from './person/user.ts'
import type { Rights } from './rights.ts'
import type { KeyFacts } from './verdict.ts'

export interface ActingUser {
  readonly id: string
  readonly name: string | null
}

/** Who acts: a caller of the API, or the service itself. */
export type Principal = CallerPrincipal | SystemPrincipal

/** The caller of a request: a key, or a person by a session or the JWT of an issuer. */
export type CallerPrincipal = KeyPrincipal | UserPrincipal

interface CallerFacts {
  readonly address: Address | undefined
  /** The id of the request. */
  readonly requestId: string
  /** The epoch from before its rights were read. */
  readonly epoch: number
  /**
   * When its rights were read for this very request, on the monotonic clock; undefined: they were
   * cached.
   */
  readonly readAt: number | undefined
  /**
   * Whether the transaction of its act has judged it again, and holds a lock on what it was judged
   * by until the commit.
   */
  authorityRenewed: boolean
}

/**
 * A key as the caller of a request, by its token or by a session, and the user on whose behalf it
 * acts, if it names one.
 */
export interface KeyPrincipal extends CallerFacts {
  readonly kind: 'key'
  readonly key: KeyFacts
  /** Recorded, never trusted for permissions. */
  readonly actingUser: ActingUser | undefined
  /** The session of the console that acts with the key; undefined: its token was presented. */
  readonly session: SessionRef | undefined
}

/** A person as the caller of a request, and as a user of one account. */
export interface UserPrincipal extends CallerFacts {
  readonly kind: 'user'
  readonly user: UserFacts
  /** Undefined while the person signs in, and for a caller that presented a JWT. */
  readonly session: SessionRef | undefined
  /** The JWT of an issuer that the caller presented; absent: there is none. */
  readonly token?: TokenRef | undefined
}

/** A JWT of an issuer as the caller of a request. */
export interface TokenRef {
  /** The role that its claims map to; null: the role that the person was given in the account. */
  readonly mappedRoleId: string | null
  readonly expiresAt: Date
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

/** What a caller may do: the facts of its key, or of the person as a user. */
export function rightsOf(
  caller: Pick<KeyPrincipal, 'kind' | 'key'> | Pick<UserPrincipal, 'kind' | 'user'>,
): Rights {
  return caller.kind === 'key' ? caller.key : caller.user
}

/** The actor that the record of the principal's act names. */
export function actorOf(principal: Principal): Actor {
  switch (principal.kind) {
    case 'system':
      return { kind: 'system', id: null, name: null }
    case 'user':
      return actorOfUser(principal.user)
    case 'key':
      return actorOfKey(principal)
  }
}

function actorOfUser({ id, name, platform }: UserFacts): Actor {
  return { kind: 'user', id, name, verified: platform ? 'platform' : 'account' }
}

function actorOfKey({ actingUser, key }: KeyPrincipal): Actor {
  if (actingUser !== undefined) {
    return { kind: 'user', id: actingUser.id, name: actingUser.name }
  }
  return { kind: key.platform ? 'platform' : 'api_key', id: key.id, name: key.name }
}

/**
 * An actor as a reader may see it: tenants see that the platform acted, not which of its keys or of
 * its people.
 */
export function actorSeenBy(actor: Actor, platformReader: boolean): Actor {
  const isOfPlatform = actor.kind === 'platform' || actor.verified === 'platform'
  if (!isOfPlatform || platformReader) return actor
  return { kind: 'platform', id: null, name: null }
}
