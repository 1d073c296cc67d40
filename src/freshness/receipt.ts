import type { InstanceRow } from './failure-detector.ts'

/** How far a change has come. */
export interface Receipt {
  readonly revision: number
  /** The random id of the revision: who knows both may ask again. */
  readonly id: string
  readonly state: 'complete' | 'pending'
  readonly acknowledged: number
  readonly live: number
  readonly waitingFor: readonly string[]
  /** How long until it is complete by the passing of time alone; null when it is complete. */
  readonly completeInMs: number | null
}

export interface ReceiptQuestion {
  readonly revision: number
  readonly id: string
  /** Every row of `instance`, read by a statement that began after the commit. */
  readonly instances: readonly InstanceRow[]
  /** Under which id the evaluator knows that it is registered, if it is. */
  readonly ownId: string | undefined
  /** When the evaluator learnt that the change is committed, and now, both on its own monotonic clock. */
  readonly learntAt: number
  readonly now: number
  readonly failureTimeoutMs: number
  /** After history changed, what instances say counts for nothing for a while. */
  readonly onlyByTime: boolean
}

/**
 * A receipt is complete when (a) every instance has applied the revision, or (b) a whole watch has
 * passed since its evaluator learnt of the commit: by then the lease of every instance that has not
 * has ended. Nothing else makes it so; whether somebody is dead is never inferred.
 *
 * For (a) the evaluator must be among the instances, and so have met the history in which the revision
 * was committed by a round of its own. A database that was restored just now may know nothing of those
 * who still answer from memory, and the evaluator would not know yet that it was.
 */
export function receiptOf(question: ReceiptQuestion): Receipt {
  const { revision, id, instances, ownId, failureTimeoutMs } = question
  const waitingFor = instances.filter((one) => one.applied < revision).map((one) => one.id)
  const remainingMs = Math.max(0, question.learntAt + failureTimeoutMs - question.now)
  const isAmong = instances.some((one) => one.id === ownId)
  const allApplied = waitingFor.length === 0 && isAmong && !question.onlyByTime
  const isComplete = allApplied || remainingMs === 0
  return {
    revision,
    id,
    state: isComplete ? 'complete' : 'pending',
    acknowledged: instances.length - waitingFor.length,
    live: instances.length,
    waitingFor,
    completeInMs: isComplete ? null : Math.ceil(remainingMs),
  }
}
