import { randomUUID } from 'node:crypto'
import { openDatabase } from '../../src/store/database.ts'
import { takeRevision } from '../../src/store/take-revision.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import { runWriters, type WriterFigures } from './writers.ts'

/** Transactions that take a revision and do nothing else. */
export interface Counter {
  changes(writers: number, seconds: number): Promise<WriterFigures>
  close(): Promise<void>
}

const timeoutMs = 60_000

/** Opens a connection for each writer. */
export async function openCounter(connection: string, poolMax: number): Promise<Counter> {
  const { db } = openDatabase({
    connection,
    poolMax,
    connectTimeoutMs: timeoutMs,
    statementTimeoutMs: timeoutMs,
    onIdleError: (error) => console.error(error),
  })
  // A change of an account that does not exist concerns nobody.
  const changes = [{ kind: 'account', subject: randomUUID() }]
  const takeOne = async () => {
    await inTransaction(db, (trx) =>
      takeRevision(trx, { id: randomUUID(), changes, now: new Date(), notify: true }),
    )
  }
  return {
    changes: (writers, seconds) => runWriters(Array(writers).fill(takeOne), seconds),
    close: () => db.destroy(),
  }
}
