import type { Deps } from '../deps.ts'
import type { AuditOrigin } from '../domain/audit/audit-event.ts'
import type { Change } from '../domain/protocol/change.ts'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import { ServiceError } from '../errors.ts'
import { takeRevision } from '../store/changes.ts'
import type { StoreTransaction } from '../store/database.ts'
import { OutcomeUnknownError } from '../store/faults.ts'
import { inTransaction } from '../store/transaction.ts'
import { appendEvents } from './append-events.ts'
import type { Acted } from './audited-transaction.ts'
import { newRandomId } from './ids.ts'

/** Names a change that the transaction makes to what keys may do. */
export type Announce = (change: Change) => void

export interface CommittedChange<T> {
  readonly result: T
  /** The revision that it took; undefined when nothing was announced. */
  readonly committed: RevisionRef | undefined
}

/**
 * A transaction that alters what keys may do. It ends by writing the events that tell of it, then by
 * taking one revision for all that `act` announced, and lets `seal` write down which: nothing else is done under the counter's lock. What was
 * announced overtakes this process's cache before the caller learns of the outcome, also when the
 * outcome is an error: the commit may have happened all the same, and dropping too much is harmless.
 *
 * Throws `outcome_unknown` when the connection was lost at COMMIT.
 */
export async function inChangingTransaction<T>(
  deps: Deps,
  origin: AuditOrigin,
  act: (trx: StoreTransaction, announce: Announce) => Promise<Acted<T>>,
  seal?: (trx: StoreTransaction, committed: RevisionRef) => Promise<void>,
): Promise<CommittedChange<T>> {
  const everyChange: Change[] = []
  try {
    return await inTransaction(deps.db, async (trx) => {
      const changes: Change[] = []
      const { result, events } = await act(trx, (change) => void changes.push(change))
      everyChange.push(...changes)
      await appendEvents(deps, trx, origin, events)
      if (changes.length === 0) return { result, committed: undefined }
      const committed = await takeNextRevision(deps, trx, changes)
      await seal?.(trx, committed)
      return { result, committed }
    })
  } catch (error) {
    // An act that announced nothing may be one that must not be repeated blindly.
    const isRepeatable = error instanceof OutcomeUnknownError && everyChange.length > 0
    throw isRepeatable ? outcomeUnknown(deps, error) : error
  } finally {
    deps.freshness.invalidate(everyChange)
  }
}

async function takeNextRevision(
  deps: Deps,
  trx: StoreTransaction,
  changes: readonly Change[],
): Promise<RevisionRef> {
  const id = newRandomId(deps)
  const revision = await takeRevision(trx, {
    id,
    changes: changes.map((change) => ({
      kind: change.kind,
      subject: 'id' in change ? change.id : null,
    })),
    now: deps.now(),
    notify: deps.notifies,
  })
  return { revision, id }
}

function outcomeUnknown(deps: Deps, error: OutcomeUnknownError): ServiceError {
  deps.log.error(
    { err: error },
    'the database connection was lost during commit: the outcome of the change is unknown',
  )
  return new ServiceError(
    'outcome_unknown',
    'The database connection was lost during commit: the change may or may not have been committed. Repeating the request is safe.',
  )
}
