import { notFound } from '../../errors.ts'
import type { Receipt } from '../../freshness/receipt.ts'
import { findRevision } from '../../store/changes.ts'
import type { ManagementDeps } from '../deps.ts'

/**
 * The receipt of a revision, asked for again by who knows its id. What is left to learn of a revision
 * that was pruned is whether it was reached, and its id is taken for good. Throws `not_found`, also
 * for the id of another history.
 */
export async function findReceipt(
  deps: Pick<ManagementDeps, 'currentReads' | 'receipts'>,
  revision: number,
  id: string,
  waitMs: number,
): Promise<Receipt> {
  const known = await deps.currentReads.read((db) => findRevision(db, revision))
  const isTheOne = known.id === null ? known.pruned : known.id === id
  if (!known.reached || !isTheOne) throw notFound('revision')
  return deps.receipts.waitFor({ revision, id }, waitMs)
}
