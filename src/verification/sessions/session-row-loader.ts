import type { CurrentReads } from '../../freshness/current-reads.ts'
import type { Epoch } from '../../freshness/freshness.ts'
import type { Executor } from '../../store/database.ts'
import type { StoredSession } from '../../store/found-sessions.ts'
import { BatchLoader } from '../batch-loader.ts'

/** What was read, and the epoch from before the statement was sent. */
export type Epoched<Row> = Row & { readonly epoch: Epoch }

export interface LoaderDeps {
  readonly verificationReads: Pick<CurrentReads, 'read'>
  readonly cache: { readonly epoch: Epoch }
}

const maxSessionsAtOnce = 250

/**
 * Reads sessions of one kind with what they are judged by, one statement at a time for all waiting
 * callers.
 */
export function createRowLoader<Row extends StoredSession>(
  { verificationReads, cache }: LoaderDeps,
  maxWaiting: number,
  find: (db: Executor, ids: readonly string[]) => Promise<readonly Row[]>,
): BatchLoader<string, Epoched<Row>> {
  return new BatchLoader({
    keyOf: (id: string) => id,
    maxWaiting,
    maxAtOnce: maxSessionsAtOnce,
    async load(ids): Promise<Map<string, Epoched<Row>>> {
      const { epoch } = cache
      const found = await verificationReads.read(
        (db) => find(db, ids),
        (rows) => rows.length === ids.length,
      )
      return new Map(found.map((row) => [row.session.id, { ...row, epoch }]))
    },
  })
}
