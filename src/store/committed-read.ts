import { sql } from 'kysely'
import type { Database, Executor } from './database.ts'
import { retryInCurrentHistory, retryWhileLosing } from './retry.ts'

/**
 * Reads in a transaction that also writes, and returns the result only once its commit is
 * acknowledged. At that moment the server was the one that accepts writes, so that the result was
 * true at a moment between the call and the acknowledgement. A deposed primary answers reads for as
 * long as it runs, but its commits hang.
 *
 * The write is a lock on the counter's row: PostgreSQL stores the lock in the row, assigns the
 * transaction an id, and waits at commit for the disk and for synchronous standbys as for any
 * other. The lock (FOR KEY SHARE) blocks no transaction that takes a revision, needs no row of this
 * instance, which may be evicted, and fails where the session is read-only.
 */
export async function readByCommit<T>(
  db: Database,
  read: (db: Executor) => Promise<T>,
): Promise<T> {
  return retryWhileLosing(() =>
    db.transaction().execute(async (trx) => {
      await sql.raw(lockAndCommitDurably).execute(trx)
      return read(trx)
    }),
  )
}

/**
 * Finds something. What a plain read does not find is looked for once more by `readByCommit`: a
 * deposed primary lacks what was created on its successor, and "there is none" would deny an
 * acknowledged act.
 */
export async function findOrProveAbsence<T>(
  db: Database,
  find: (db: Executor) => Promise<T | undefined>,
): Promise<T | undefined> {
  const found = await retryWhileLosing(() => find(db))
  return found ?? retryInCurrentHistory(() => readByCommit(db, find))
}

/** Rejects unless the server of this connection is the one that accepts writes. */
export async function proveServer(connection: Database): Promise<void> {
  await readByCommit(connection, async () => undefined)
}

const lockAndCommitDurably = `select case
    when current_setting('synchronous_commit') in ('off', 'local', 'remote_write')
    then set_config('synchronous_commit', 'on', true) end
  from revision for key share`
