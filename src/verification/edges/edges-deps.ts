import type { VerificationDeps } from '../deps.ts'
import type { FairTurns } from '../fair-turns.ts'

/** What the streams of an instance need. */
export interface EdgesDeps extends VerificationDeps {
  /** The longest lease of an edge, in milliseconds. */
  readonly leaseMs: number
  readonly expiryWarningMs: number
  readonly turns: Pick<FairTurns, 'run'>
}
