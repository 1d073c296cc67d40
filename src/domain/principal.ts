import type { Actor } from './key/api-key.ts'
import type { Address } from './network/address.ts'
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
  /** The place in the order of changes as of which its key is known. */
  readonly epoch: number
  /** When it was read for this very request, by the monotonic clock; undefined: it was in memory. */
  readonly readAt: number | undefined
  /** Whether the transaction of its act has judged it again, and locked its key until the commit. */
  authorityRenewed: boolean
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
