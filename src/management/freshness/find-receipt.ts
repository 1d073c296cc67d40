import { notFound } from '../../errors.ts'
import type { Receipt } from '../../freshness/receipt.ts'
import { type FoundRevision, findRevision } from '../../store/changes.ts'
import type { ManagementDeps } from '../deps.ts'

/**
 * Evaluates the receipt of a revision again, for a caller who has its id. Once the row of a
 * revision is pruned, its id can no longer be checked, only that the counter has reached it. Throws
 * `not_found`, also for an id of another history.
 */
export async function findReceipt(
  deps: Pick<ManagementDeps, 'currentReads' | 'receipts'>,
  revision: number,
  id: string,
  waitMs: number,
): Promise<Receipt> {
  const isTheOne = (known: FoundRevision) =>
    known.reached && (known.id === null ? known.pruned : known.id === id)
  const known = await deps.currentReads.read((db) => findRevision(db, revision), isTheOne)
  if (!isTheOne(known)) throw notFound('revision')
  return deps.receipts.waitFor({ revision, id }, waitMs)
}
