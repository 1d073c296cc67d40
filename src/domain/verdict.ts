import { isExpired, type KeyState } from './key/api-key.ts'
import { isOver } from './key/rotation.ts'
import type { Address } from './network/address.ts'
import { type AddressSet, hasAddress } from './network/address-set.ts'
import type { Rights } from './rights.ts'

/**
 * The facts that a verdict rests on: a key, its role and its allow lists at one moment, and the
 * presented credential.
 */
export interface KeyFacts extends KeyState, Rights {
  /** All addresses of its allow lists. Keys with the same lists share one set. */
  readonly addresses: AddressSet
  /** `expiresAt` in RFC 3339: V8 takes 2.6 us to format a time, and each verdict holds this one. */
  readonly expiresAtText: string | null
  readonly generation: number
  /** When the credential was issued. */
  readonly issuedAt: Date
  /** The name of the user on whose behalf a console issued the key. */
  readonly issuedFor: string | null
  /** When a newer credential replaced this one: a state, whatever the time. */
  readonly endedAt: Date | null
  /** When the overlap with a newer credential ends: a time, which is judged by the clock. */
  readonly endsAt: Date | null
}

/** The conditions under which a key whose secret matched is to be judged. */
export interface Attempt {
  readonly address: Address | undefined
  /** All of them are required. */
  readonly permissions: readonly string[]
  readonly accountId: string | undefined
}

export type Verdict =
  | { readonly valid: true; readonly key: KeyFacts }
  | {
      readonly valid: false
      readonly reason: DenialReason
      /** Present only if the secret matched. */
      readonly key: KeyFacts | undefined
    }

/** Whether a key expires in less than `withinMs` milliseconds. */
export function expiresSoon(
  { expiresAt }: Pick<KeyState, 'expiresAt'>,
  now: Date,
  withinMs: number,
): boolean {
  return expiresAt !== null && expiresAt.getTime() - now.getTime() < withinMs
}

/**
 * Judges a key whose secret matched: the first denial of `denialReasons` that applies, or a valid
 * verdict. `now` is the wall clock of the instance.
 */
export function judge(key: KeyFacts, attempt: Attempt, now: Date): Verdict {
  const reason = denialOf(key, attempt, now)
  if (reason !== undefined) return { valid: false, reason, key }
  return { valid: true, key }
}

function denialOf(key: KeyFacts, attempt: Attempt, now: Date): DenialReason | undefined {
  if (key.revokedAt !== null) return 'revoked'
  if (key.disabledAt !== null) return 'disabled'
  if (key.endedAt !== null || isOver(key, now)) return 'rotated'
  if (isExpired(key, now)) return 'expired'
  if (attempt.accountId !== undefined && attempt.accountId !== key.accountId) return 'wrong_account'
  if (!reaches(key, attempt.address)) return 'address_not_allowed'
  if (!attempt.permissions.every((name) => key.holds.has(name))) return 'insufficient_permissions'
  return undefined
}

/** A restricted key reaches nothing when no address is given or no list is left. */
function reaches(key: KeyFacts, address: Address | undefined): boolean {
  if (key.reach === 'anywhere') return true
  return address !== undefined && hasAddress(key.addresses, address)
}

/** The denial reasons, in the order in which they are checked. The order is part of the API. */
export const denialReasons = [
  'malformed',
  'not_found',
  'revoked',
  'disabled',
  'rotated',
  'expired',
  'wrong_account',
  'address_not_allowed',
  'insufficient_permissions',
] as const
export type DenialReason = (typeof denialReasons)[number]

/** Warnings for the holder of a valid token. */
export const warnings = ['expires_soon'] as const
