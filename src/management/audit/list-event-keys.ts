import { notFound } from '../../errors.ts'
import { listKeysOfEvent } from '../../store/audit-listing.ts'
import { findOrProveAbsence } from '../../store/committed-read.ts'
import type { Executor } from '../../store/database.ts'
import type { ManagementDeps } from '../deps.ts'

export interface EventKeys {
  readonly apiKeyIds: readonly string[]
  /** The id after which the next page begins; null on the last page. */
  readonly next: string | null
}

/**
 * A page of the ids of the keys that a bulk act changed, ordered, by the number of its event. Other
 * events have none. Throws `not_found`.
 */
export async function listEventKeys(
  deps: Pick<ManagementDeps, 'db' | 'longReads'>,
  accountId: string,
  number: number,
  page: { readonly limit: number; readonly after: string | undefined },
): Promise<EventKeys> {
  const find = (db: Executor) =>
    listKeysOfEvent(db, accountId, number, { ...page, limit: page.limit + 1 })
  const ids = (await deps.longReads.run(find)) ?? (await findOrProveAbsence(deps.db, find))
  if (ids === undefined) throw notFound('audit event')
  const apiKeyIds = ids.slice(0, page.limit)
  return { apiKeyIds, next: ids.length > page.limit ? (apiKeyIds.at(-1) ?? null) : null }
}
