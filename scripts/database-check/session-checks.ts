import { setTimeout as sleep } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../src/store/database.ts'
import { openFeedConnection } from '../../src/store/feed-connection.ts'
import { probeIsolation } from '../../src/store/isolation-probe.ts'
import { loadProduct } from '../../src/store/load-product.ts'
import { deliversNotifications } from '../../src/store/notifications.ts'
import { DatabaseServers } from '../../src/store/servers/database-servers.ts'
import { type Finding, note, notTried, ok, refused } from './finding.ts'
import type { Site } from './site.ts'

const withinMs = 5_000

/** LISTEN and NOTIFY between two connections of the URL. */
export async function checkNotifications({ url, db }: Site): Promise<Finding> {
  const servers = new DatabaseServers({ connection: url, connectTimeoutMs: 15_000 })
  const connect = () =>
    openFeedConnection({ servers, connectTimeoutMs: 15_000, statementTimeoutMs: 15_000 })
  return (await deliversNotifications(db, connect, withinMs))
    ? ok('a notification arrives at another connection')
    : note(
        'no notification arrives: set DATABASE_LISTEN_URL to a server that delivers them, or ' +
          'CHANGE_FEED=poll; a receipt then takes about POLL_INTERVAL_MS',
      )
}

/** READ COMMITTED must be what it says, by the probe of every start. */
export async function checkIsolation({ db, schema }: Site): Promise<Finding> {
  const table = `${schema}.probe`
  const finding = await probeIsolation({ db, otherDb: db, withinMs, table })
  if (finding === 'read_committed') return ok('a transaction sees what others commit meanwhile')
  const { name } = await loadProduct(db)
  if (finding === 'snapshot') {
    return refused(
      'a transaction does not see what others commit between its statements, so that a revocation ' +
        `could miss a key. ${
          name === 'YugabyteDB'
            ? 'Set yb_enable_read_committed_isolation=true on every yb-tserver'
            : 'Remove what changes the isolation level between the service and the database'
        }`,
    )
  }
  const text =
    'two transactions at once were not possible: let the pooler have two server connections'
  return name === 'YugabyteDB' ? refused(text) : note(text)
}

/**
 * The lock that proves a read (FOR KEY SHARE) must not wait for one that takes a revision, and SKIP
 * LOCKED must skip: migrations wait for each other by it. The service uses no advisory lock.
 */
export async function checkLocks({ db, schema }: Site): Promise<Finding> {
  const table = sql.table(`${schema}.probe`)
  let trying: Promise<Tried | undefined> = Promise.resolve(undefined)
  const tried = await db.transaction().execute(async (holder) => {
    await sql`update ${table} set value = gen_random_uuid()`.execute(holder)
    trying = tryLocks(db, table)
    return Promise.race([trying, sleep(withinMs, undefined, { ref: false })])
  })
  // With one server connection it runs when the other transaction has ended.
  await trying
  if (tried === undefined) return notTried('it needs two transactions at once')
  if (tried.shared !== 1) return refused('FOR KEY SHARE does not see the row that another updates')
  return tried.skipped === 0
    ? ok('FOR KEY SHARE passes an update, and SKIP LOCKED skips it')
    : refused('SKIP LOCKED returned a row that another transaction has locked')
}

/** How many rows each of the two statements returned. */
interface Tried {
  readonly shared: number
  readonly skipped: number
}

function tryLocks(db: Database, table: RawBuilder<unknown>): Promise<Tried> {
  return db.transaction().execute(async (trx) => {
    await sql`set local lock_timeout = '2s'`.execute(trx)
    const shared = await sql`select 1 from ${table} for key share`.execute(trx)
    const skipped = await sql`select 1 from ${table} for update skip locked`.execute(trx)
    return { shared: shared.rows.length, skipped: skipped.rows.length }
  })
}
