import { type Address, covers } from './network/address.ts'
import { type AllowList, rangesOf } from './network/allow-list.ts'
import { type Attempt, type DenialReason, denialReasons, judge, type KeyFacts } from './verdict.ts'

export const checkOutcomes = ['passed', 'failed', 'not_checked'] as const
export type CheckOutcome = (typeof checkOutcomes)[number]

/** Which entry of which list holds an address. */
export interface EntryMatch {
  readonly list: Pick<AllowList, 'id' | 'name'>
  /** As it was given. */
  readonly entry: string
}

/** Why a key would be good for an attempt, or not. */
export interface Explanation {
  /** The first check that fails; undefined: a token of the key would be good. */
  readonly reason: DenialReason | undefined
  /** Every check, in the order of the verdict. */
  readonly checks: readonly { readonly check: DenialReason; readonly outcome: CheckOutcome }[]
  readonly matches: readonly EntryMatch[]
  readonly missingPermissions: readonly string[]
}

/** The checks of a token come before those of its key. Here there is none. */
const tokenReasons = ['malformed', 'not_found'] as const
type TokenReason = (typeof tokenReasons)[number]
type KeyReason = Exclude<DenialReason, TokenReason>

interface Case {
  readonly key: KeyFacts
  readonly attempt: Attempt
}
type Cure = (given: Case) => Case

/** What each check would have to find for it to pass. */
const cures: Readonly<Record<KeyReason, Cure> & Partial<Record<TokenReason, Cure>>> = {
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

/**
 * Explains what `judge` says of a key and an attempt at a moment. It is `judge` that is asked, each time
 * without the fault that it found last: so an explanation has its order and its rules, and no others.
 */
export function explain(
  key: KeyFacts,
  lists: readonly Pick<AllowList, 'id' | 'name' | 'entries'>[],
  attempt: Attempt,
  now: Date,
): Explanation {
  const failed = failedChecks({ key, attempt }, now)
  const [reason] = failed
  return {
    reason,
    checks: denialReasons.map((check) => ({ check, outcome: outcomeOf(check, failed) })),
    matches: attempt.address === undefined ? [] : matchesOf(lists, attempt.address),
    missingPermissions: attempt.permissions.filter((name) => !key.holds.has(name)),
  }
}

/** In the order in which they fail. */
function failedChecks(given: Case, now: Date): ReadonlySet<DenialReason> {
  const failed = new Set<DenialReason>()
  let tried = given
  for (;;) {
    const verdict = judge(tried.key, tried.attempt, now)
    if (verdict.valid || failed.has(verdict.reason)) return failed
    failed.add(verdict.reason)
    tried = cures[verdict.reason]?.(tried) ?? tried
  }
}

function outcomeOf(check: DenialReason, failed: ReadonlySet<DenialReason>): CheckOutcome {
  if (failed.has(check)) return 'failed'
  return tokenReasons.some((reason) => reason === check) ? 'not_checked' : 'passed'
}

function matchesOf(
  lists: readonly Pick<AllowList, 'id' | 'name' | 'entries'>[],
  address: Address,
): EntryMatch[] {
  return lists.flatMap(({ id, name, entries }) =>
    entries
      .filter((entry) => covers(rangesOf([entry]), address))
      .map((entry) => ({ list: { id, name }, entry })),
  )
}
