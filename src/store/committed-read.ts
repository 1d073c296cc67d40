import { sql } from 'kysely'
import type { Database, StoreTransaction } from './database.ts'
import { untilItWins } from './retry.ts'

/**
 * Reads in a transaction that writes too, and tells what was read only when its commit is acknowledged:
 * so at that moment the server was the one that takes writes, and what it said was true then, or before
 * but after the call. A deposed primary answers reads for as long as it lives, and its commits hang.
 *
 * What is written is a lock of the counter's row: PostgreSQL keeps it in the row, gives the transaction an
 * id, and has its commit wait for the disk and for synchronous standbys as any other. It stops nobody who
 * takes a revision (FOR KEY SHARE), needs no row of this instance, which may be evicted, and is refused
 * where the session is read-only.
 */
export async function readByCommit<T>(
  db: Database,
  read: (trx: StoreTransaction) => Promise<T>,
): Promise<T> {
  return untilItWins(() =>
    db.transaction().execute(async (trx) => {
      await sql.raw(lockAndCommitDurably).execute(trx)
      return read(trx)
    }),
  )
}

const lockAndCommitDurably = `select case
    when current_setting('synchronous_commit') in ('off', 'local', 'remote_write')
    then set_config('synchronous_commit', 'on', true) end
  from revision for key share`
