import { formatTime } from '../format-time.ts'
import type { Reach } from '../key/api-key.ts'
import type { AddressSet } from '../network/address-set.ts'
import type { Rights } from '../rights.ts'
import type { KeyFacts } from '../verdict.ts'

/** The facts of a key as they are on a stream. Times are Unix times in milliseconds. */
export interface WireFacts {
  readonly id: string
  readonly accountId: string
  readonly platform: boolean
  readonly name: string
  /** The number of a `rights` message. */
  readonly rights: number
  readonly reach: Reach
  /** The number of an `addresses` message; null: no address. */
  readonly addresses: number | null
  readonly expiresAt: number | null
  readonly disabledAt: number | null
  readonly revokedAt: number | null
  readonly released: boolean
  readonly generation: number
  readonly issuedAt: number
  readonly endedAt: number | null
  readonly endsAt: number | null
}

/** What facts refer to: sent once, and shared by many keys. */
export type AnnouncedRights = Pick<Rights, 'role' | 'permissions' | 'holds'>

/** The facts of a key for a stream that has announced what they refer to. */
export function toWireFacts(
  key: KeyFacts,
  { rights, addresses }: Pick<WireFacts, 'rights' | 'addresses'>,
): WireFacts {
  return {
    id: key.id,
    accountId: key.accountId,
    platform: key.platform,
    name: key.name,
    rights,
    reach: key.reach,
    addresses,
    expiresAt: msOf(key.expiresAt),
    disabledAt: msOf(key.disabledAt),
    revokedAt: msOf(key.revokedAt),
    released: key.released,
    generation: key.generation,
    issuedAt: key.issuedAt.getTime(),
    endedAt: msOf(key.endedAt),
    endsAt: msOf(key.endsAt),
  }
}

/**
 * The facts of a key as its edge judges them. For whom a key was issued, and which lists its
 * addresses are from, is no part of a verdict and stays in the service.
 */
export function fromWireFacts(
  wire: WireFacts,
  rights: AnnouncedRights,
  addresses: AddressSet,
): KeyFacts {
  const expiresAt = dateOf(wire.expiresAt)
  return {
    id: wire.id,
    accountId: wire.accountId,
    platform: wire.platform,
    name: wire.name,
    // One by one: an object that is made with a spread takes 25 bytes more.
    role: rights.role,
    permissions: rights.permissions,
    holds: rights.holds,
    reach: wire.reach,
    allowListIds: noAllowLists,
    addresses,
    expiresAt,
    expiresAtText: formatTime(expiresAt),
    disabledAt: dateOf(wire.disabledAt),
    revokedAt: dateOf(wire.revokedAt),
    released: wire.released,
    generation: wire.generation,
    issuedAt: new Date(wire.issuedAt),
    issuedFor: null,
    endedAt: dateOf(wire.endedAt),
    endsAt: dateOf(wire.endsAt),
  }
}

const noAllowLists: readonly string[] = Object.freeze([])

function msOf(time: Date | null): number | null {
  return time === null ? null : time.getTime()
}

function dateOf(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}
