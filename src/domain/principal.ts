import type { Address } from './address.ts'
import type { Actor } from './api-key.ts'
import type { KeyFacts } from './verdict.ts'

export interface ActingUser {
  readonly id: string
  readonly name: string | null
}

/** Who is calling us: an authenticated key, from where, and the user for whom it acts if one was named. */
export interface Principal {
  readonly key: KeyFacts
  readonly address: Address | undefined
  /** Recorded, never trusted for permissions. */
  readonly actingUser: ActingUser | undefined
  /** Of the request that it makes. */
  readonly requestId: string
}

/** How an act of the principal is recorded. */
export function actorOf(principal: Principal): Actor {
  const { actingUser, key } = principal
  if (actingUser !== undefined) {
    return { kind: 'user', id: actingUser.id, name: actingUser.name }
  }
  return { kind: key.platform ? 'platform' : 'api_key', id: key.id, name: key.name }
}

/** An actor as a reader sees it: tenants see that the platform acted, not which of its keys. */
export function actorSeenBy(actor: Actor, platformReader: boolean): Actor {
  if (actor.kind !== 'platform' || platformReader) return actor
  return { kind: 'platform', id: null, name: null }
}
