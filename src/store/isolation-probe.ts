import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database, Executor } from './database.ts'
import type { Product } from './product.ts'
import { retryWhileLosing } from './retry.ts'

/** `inconclusive`: no second connection was available while the first one had a transaction. */
export type IsolationFinding = 'read_committed' | 'snapshot' | 'inconclusive'

export interface IsolationProbeOptions {
  /** The database of the transaction. */
  readonly db: Database
  /** The same database, by other connections. */
  readonly otherDb: Database
  /** How long the change on the other connection may take, in milliseconds. */
  readonly withinMs?: number
  /** A table with one row and a column `value`. */
  readonly table?: string
}

/**
 * Commits a change between two statements of a READ COMMITTED transaction: the second must see it.
 * YugabyteDB runs such a transaction on one snapshot where its flag is off, and does not say so.
 * Then a statement that waited for a lock does not see what was committed meanwhile, and a bulk
 * revocation can miss a key that was just being issued.
 */
export async function probeIsolation(options: IsolationProbeOptions): Promise<IsolationFinding> {
  return retryWhileLosing(() => probeOnce(options))
}

async function probeOnce({
  db,
  otherDb,
  withinMs = 5_000,
  table = 'isolation_probe',
}: IsolationProbeOptions): Promise<IsolationFinding> {
  let changing: Promise<unknown> = Promise.resolve()
  try {
    return await db.transaction().execute(async (trx) => {
      await sql`set transaction isolation level read committed`.execute(trx)
      const before = await loadValue(trx, table)
      changing = changeValue(otherDb, table)
      const hasChanged = await Promise.race([
        changing.then(() => true),
        sleep(withinMs, false, { ref: false }),
      ])
      if (!hasChanged) return 'inconclusive'
      return (await loadValue(trx, table)) === before ? 'snapshot' : 'read_committed'
    })
  } finally {
    // A transaction pooler with one server connection runs it when the transaction has ended.
    await changing.catch(() => undefined)
  }
}

/** Throws an Error that names the remedy unless READ COMMITTED is what it says. */
export async function requireReadCommitted(
  options: IsolationProbeOptions & { readonly product: Product },
  warn: (message: string) => void,
): Promise<void> {
  const finding = await probeIsolation(options)
  if (finding === 'read_committed') return
  const isYugabyte = options.product.name === 'YugabyteDB'
  if (finding === 'inconclusive' && !isYugabyte) {
    warn('could not check READ COMMITTED: no second database connection was available')
    return
  }
  const [found, remedy] =
    finding === 'snapshot'
      ? [
          'a READ COMMITTED transaction does not see what is committed between its statements',
          isYugabyte
            ? 'Set the flag yb_enable_read_committed_isolation of every yb-tserver to true.'
            : 'Remove what changes the isolation level between the service and the database.',
        ]
      : [
          'whether READ COMMITTED is what it says could not be checked with two connections',
          'Let the pooler have two server connections or more.',
        ]
  throw new Error(
    `The database is not usable: ${found}, so that a revocation could miss a key that is being ` +
      `issued. ${remedy}`,
  )
}

async function loadValue(db: Executor, table: string): Promise<string> {
  const { rows } = await sql<{ value: string }>`select value from ${sql.table(table)}`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error(`The table ${table} has no row.`)
  return row.value
}

async function changeValue(db: Database, table: string): Promise<unknown> {
  return retryWhileLosing(() =>
    sql`update ${sql.table(table)} set value = gen_random_uuid()`.execute(db),
  )
}
