import { type Address, covers } from './network/address.ts'
import { type AllowList, rangesOf } from './network/allow-list.ts'
import { type Attempt, type DenialReason, denialReasons, judge, type KeyFacts } from './verdict.ts'

export const checkOutcomes = ['passed', 'failed', 'not_checked'] as const
export type CheckOutcome = (typeof checkOutcomes)[number]

/** The entry of an allow list that covers an address, and the name of the list. */
export interface EntryMatch {
  readonly list: Pick<AllowList, 'id' | 'name'>
  /** Exactly as the caller wrote the entry. */
  readonly entry: string
}

/** Why an attempt with a key would succeed or fail. */
export interface Explanation {
  /** The first check that fails; undefined: a token of the key would be valid. */
  readonly reason: DenialReason | undefined
  /** Every check, in the order of the verdict. */
  readonly checks: readonly { readonly check: DenialReason; readonly outcome: CheckOutcome }[]
  readonly matches: readonly EntryMatch[]
  readonly missingPermissions: readonly string[]
}

/** The checks of a token, which precede those of its key. An explanation has no token. */
const tokenReasons = ['malformed', 'not_found'] as const
type TokenReason = (typeof tokenReasons)[number]
type KeyReason = Exclude<DenialReason, TokenReason>

interface Case {
  readonly key: KeyFacts
  readonly attempt: Attempt
}
type Repair = (given: Case) => Case

/** For each check, the value that makes the check pass. */
const repairs: Readonly<Record<KeyReason, Repair> & Partial<Record<TokenReason, Repair>>> = {
  revoked: ({ key, attempt }) => ({ key: { ...key, revokedAt: null }, attempt }),
  disabled: ({ key, attempt }) => ({ key: { ...key, disabledAt: null }, attempt }),
  rotated: ({ key, attempt }) => ({ key: { ...key, endedAt: null, endsAt: null }, attempt }),
  expired: ({ key, attempt }) => ({ key: { ...key, expiresAt: null, released: false }, attempt }),
  wrong_account: ({ key, attempt }) => ({ key, attempt: { ...attempt, accountId: undefined } }),
  address_not_allowed: ({ key, attempt }) => ({ key: { ...key, reach: 'anywhere' }, attempt }),
  insufficient_permissions: ({ key, attempt }) => ({
    key,
    attempt: { ...attempt, permissions: [] },
  }),
}

/** The entries of a list that cover an address. */
export function matchesOf(
  { id, name, entries }: Pick<AllowList, 'id' | 'name' | 'entries'>,
  address: Address,
): EntryMatch[] {
  return entries
    .filter((entry) => covers(rangesOf([entry]), address))
    .map((entry) => ({ list: { id, name }, entry }))
}

/**
 * Explains the verdict of `judge` on a key and an attempt at a moment. The function calls `judge`
 * repeatedly, each time with the last fault repaired, so that an explanation follows the order and
 * the rules of `judge` and no others. `matches` are the entries that cover the address.
 */
export function explain(
  key: KeyFacts,
  matches: readonly EntryMatch[],
  attempt: Attempt,
  now: Date,
): Explanation {
  const failed = failedChecks({ key, attempt }, now)
  const [reason] = failed
  return {
    reason,
    checks: denialReasons.map((check) => ({ check, outcome: outcomeOf(check, failed) })),
    matches,
    missingPermissions: [...new Set(attempt.permissions)].filter((name) => !key.holds.has(name)),
  }
}

/** The checks that fail, in the order of the verdict. */
function failedChecks(given: Case, now: Date): ReadonlySet<DenialReason> {
  const failed = new Set<DenialReason>()
  let repaired = given
  for (;;) {
    const verdict = judge(repaired.key, repaired.attempt, now)
    if (verdict.valid || failed.has(verdict.reason)) return failed
    failed.add(verdict.reason)
    repaired = repairs[verdict.reason]?.(repaired) ?? repaired
  }
}

function outcomeOf(check: DenialReason, failed: ReadonlySet<DenialReason>): CheckOutcome {
  if (failed.has(check)) return 'failed'
  return tokenReasons.some((reason) => reason === check) ? 'not_checked' : 'passed'
}
