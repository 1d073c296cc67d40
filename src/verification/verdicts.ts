import type { Attempt, Verdict } from '../domain/verdict.ts'
import type { VerificationDeps } from './deps.ts'
import { verify } from './verify.ts'
import { type BatchAttempt, verifyBatch } from './verify-batch.ts'

/** What gives verdicts: an instance, or an edge of one. An outage is thrown, and is no denial. */
export interface Verdicts {
  /** The verdict on any text that a caller presented; no promise if memory has the answer. */
  verify(text: string, attempt: Attempt): Verdict | Promise<Verdict>
  /** The verdicts on many attempts, in their order. */
  verifyBatch(attempts: readonly BatchAttempt[]): readonly Verdict[] | Promise<readonly Verdict[]>
}

/** The verdicts of an instance: verify.ts and verify-batch.ts, with what they need. */
export function verdictsOf(deps: VerificationDeps): Verdicts {
  return {
    verify: (text, attempt) => verify(deps, text, attempt),
    verifyBatch: (attempts) => verifyBatch(deps, attempts),
  }
}
