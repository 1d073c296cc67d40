import type { AuditDraft, AuditOrigin } from '../domain/audit/audit-event.ts'
import type { Database, StoreTransaction } from '../store/database.ts'
import { inTransaction } from '../store/transaction.ts'
import { type AuditDeps, appendEvents } from './append-events.ts'

/** What an act did, and what the trail says of it: nothing only if nothing changed. */
export interface Acted<T> {
  readonly result: T
  readonly events: readonly AuditDraft[]
}

/** Of an act that found all as it was wanted. */
export function nothingChanged<T>(result: T): Acted<T> {
  return { result, events: [] }
}

/**
 * A transaction that is committed together with the events that tell of it. What alters what keys may
 * do takes a revision too: inChangingTransaction.
 */
export async function inAuditedTransaction<T>(
  deps: AuditDeps & { readonly db: Database },
  origin: AuditOrigin,
  act: (trx: StoreTransaction) => Promise<Acted<T>>,
): Promise<T> {
  return inTransaction(deps.db, async (trx) => {
    const { result, events } = await act(trx)
    await appendEvents(deps, trx, origin, events)
    return result
  })
}
