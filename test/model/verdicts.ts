import { judge, type KeyFacts, type Verdict } from '../../src/domain/verdict.ts'
import type { SimulatedToken } from './tokens.ts'

/** A verdict as one text: what a caller can see of it. */
export type VerdictText = string

/** The verdict on a key, at a moment of a wall clock. */
export function judgeAt(facts: KeyFacts, wall: number): Verdict {
  return judge(facts, { address: undefined, permissions: [], accountId: undefined }, new Date(wall))
}

/** The text of a verdict on a key with these facts. */
export function textOf(verdict: Verdict, { generation }: KeyFacts): VerdictText {
  return verdict.valid ? `valid, version ${generation}` : verdict.reason
}

/** The verdict on an attempt, if the key alone would have this one. */
export function forAttempt({ asksTooMuch }: SimulatedToken, verdict: VerdictText): VerdictText {
  return asksTooMuch === true && verdict.startsWith('valid') ? 'insufficient_permissions' : verdict
}
