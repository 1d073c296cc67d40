/** What tests of the checker write their histories with. */
import type { Act, Call, Outcome, ReceiptSeen } from './history.ts'

/** The outcome of a call without an answer. */
export const gone: Outcome = { kind: 'unknown', why: 'ECONNRESET' }

/** A call of instance `a`. */
export function call(
  start: number,
  end: number,
  act: Act,
  outcome: Outcome | (() => Outcome),
  by: string | null = null,
): Call {
  return {
    start,
    end,
    via: 'a',
    by,
    act,
    outcome: typeof outcome === 'function' ? outcome() : outcome,
  }
}

export function done(): Outcome {
  return { kind: 'done' }
}

export function receipt(revision: number, state: ReceiptSeen['state']): Outcome {
  return { kind: 'done', receipt: { revision, id: `id ${revision}`, state } }
}

export function verdict(reason: string | null): Outcome {
  return { kind: 'done', verdict: { valid: reason === null, reason } }
}
