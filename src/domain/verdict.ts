import { isExpired, type KeyState, type Reach } from './key/api-key.ts'
import { isOver } from './key/rotation.ts'
import { type Address, type AddressRange, covers } from './network/address.ts'
import type { RoleRef } from './role.ts'

/** Why a token is not good, in the order in which it is checked. The order is part of the API. */
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

/** What a verdict rests on: a key, its role and its networks, as they were at one moment, and the credential that was presented. */
export interface KeyFacts extends KeyState {
  readonly id: string
  readonly accountId: string
  readonly platform: boolean
  readonly name: string
  readonly role: RoleRef
  /** Effective permissions of both scopes, in order of name. */
  readonly permissions: readonly string[]
  readonly holds: ReadonlySet<string>
  readonly reach: Reach
  readonly allowListIds: readonly string[]
  /** The entries of its allow lists. */
  readonly ranges: readonly AddressRange[]
  /** `expiresAt` as RFC 3339 has it: V8 takes 2.6 us to write a time, and each verdict tells it. */
  readonly expiresAtText: string | null
  readonly generation: number
  /** When the credential was issued. */
  readonly issuedAt: Date
  /** The name of the user for whom a console had the key issued. */
  readonly issuedFor: string | null
  /** When the credential was replaced by a newer one: a state, whatever the time. */
  readonly endedAt: Date | null
  /** When it will end beside a newer one: a time, which is judged by the clock. */
  readonly endsAt: Date | null
}

/** What is asked of a key whose secret matched. */
export interface Attempt {
  readonly address: Address | undefined
  /** All are required. */
  readonly permissions: readonly string[]
  readonly accountId: string | undefined
}

export type Verdict =
  | { readonly valid: true; readonly key: KeyFacts }
  | {
      readonly valid: false
      readonly reason: DenialReason
      /** Only if the secret matched. */
      readonly key: KeyFacts | undefined
    }

/** What whoever presents a good token should know. */
export const warnings = ['expires_soon'] as const
export type Warning = (typeof warnings)[number]

/** Whether a key expires in less than so many milliseconds from now on. */
export function expiresSoon(
  { expiresAt }: Pick<KeyState, 'expiresAt'>,
  now: Date,
  withinMs: number,
): boolean {
  return expiresAt !== null && expiresAt.getTime() - now.getTime() < withinMs
}

/** Judges a key whose secret matched. `now` is the wall clock of the instance. */
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

/** A restricted key with no address given, or with no list left, reaches nothing. */
function reaches(key: KeyFacts, address: Address | undefined): boolean {
  if (key.reach === 'anywhere') return true
  return address !== undefined && covers(key.ranges, address)
}
