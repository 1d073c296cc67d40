import type { EdgeCounts } from './edge-counts.ts'

/** How many have applied a change, of those that may answer. */
export interface Progress {
  readonly acknowledged: number
  readonly live: number
}

/** How far a change has come. */
export interface Receipt {
  readonly revision: number
  /** The random id of the revision: a caller that has both may ask again. */
  readonly id: string
  readonly state: 'complete' | 'pending'
  /** An instance acknowledges once all of its edges have confirmed. */
  readonly instances: Progress
  readonly edges: Progress
  readonly waitingFor: readonly string[]
  /**
   * How long until the receipt is complete by the passing of time alone; null when it is complete.
   */
  readonly completeInMs: number | null
}

/** A row of `instance`, as a receipt counts the row. */
export interface InstanceRow {
  readonly id: string
  /** The latest revision that the instance has acknowledged. */
  readonly applied: number
  readonly maxStalenessMs: number
  readonly edges: EdgeCounts
}

export interface ReceiptQuestion {
  readonly revision: number
  readonly id: string
  /** Every row of `instance`, read by a statement that began after the commit. */
  readonly instances: readonly InstanceRow[]
  /** The id under which the evaluator is known to be registered, if it is. */
  readonly ownId: string | undefined
  /**
   * When the evaluator learnt that the change is committed, and now, both on its own monotonic
   * clock.
   */
  readonly learntAt: number
  readonly now: number
  readonly failureTimeoutMs: number
  /** Whether the rows count for nothing: they could not be read, or history changed lately. */
  readonly onlyByTime: boolean
}

/**
 * A receipt is complete when (a) every instance has applied the revision, or (b) the failure
 * timeout has passed since its evaluator learnt of the commit: by then the lease of every instance
 * that has not applied the revision has ended. Nothing else completes a receipt; that an instance
 * is dead is never inferred.
 *
 * For (a) the evaluator must be among the instances itself, and so have met the history in which
 * the revision was committed by a sync cycle of its own. A database that was restored just now may
 * lack the rows of instances that still answer from memory, before the evaluator has met that.
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
    instances: { acknowledged: instances.length - waitingFor.length, live: instances.length },
    edges: {
      acknowledged: sum(instances.map((one) => confirmedEdges(one, revision))),
      live: sum(instances.map(({ edges }) => edges.live)),
    },
    waitingFor,
    completeInMs: isComplete ? null : Math.ceil(remainingMs),
  }
}

/** How many edges of an instance have confirmed a revision. */
export function confirmedEdges(
  { applied, edges }: Pick<InstanceRow, 'applied' | 'edges'>,
  revision: number,
): number {
  if (applied >= revision) return edges.live
  return edges.revision >= revision ? edges.confirmed : 0
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
