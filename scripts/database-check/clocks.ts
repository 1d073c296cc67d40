import { sql } from 'kysely'
import { loadDatabaseClock } from '../../src/store/database-clock.ts'
import { type Finding, note, ok } from './finding.ts'
import type { Site } from './site.ts'

const statements = 50
const slowMs = 20
const clockToleranceMs = 1_000

/** How long a statement takes, there and back. */
export async function timeRoundTrips({ db }: Site): Promise<Finding> {
  const { median, most } = await time(() => sql`select 1`.execute(db))
  const text = `a statement takes ${median} ms in the median, and ${most} ms at most`
  return Number(median) > slowMs
    ? note(`${text}: an issue sends about ten. Run the service near the database`)
    : ok(text)
}

/** How long a commit takes that waits for the disk and for synchronous standbys. */
export async function timeCommits({ db, schema }: Site): Promise<Finding> {
  const table = sql.table(`${schema}.probe`)
  const { median, most } = await time(() =>
    db.transaction().execute(async (trx) => {
      await sql`set local synchronous_commit = on`.execute(trx)
      await sql`update ${table} set value = gen_random_uuid()`.execute(trx)
    }),
  )
  return ok(`a small transaction takes ${median} ms in the median, and ${most} ms at most`)
}

/**
 * What ends by a time ends by the clocks of instances, and names are released by the database's.
 */
export async function checkClock({ db }: Site): Promise<Finding> {
  const sentAt = Date.now()
  const theirs = await loadDatabaseClock(db)
  const roundTripMs = Date.now() - sentAt
  const aheadMs = Math.round(theirs.getTime() - sentAt - roundTripMs / 2)
  const text = `the clock of the database is ${Math.abs(aheadMs)} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} that of this machine`
  return Math.abs(aheadMs) > clockToleranceMs + roundTripMs
    ? note(`${text}: expiries are as exact as the clocks. Synchronize both by NTP`)
    : ok(text)
}

async function time(act: () => Promise<unknown>): Promise<{ median: string; most: string }> {
  const times: number[] = []
  for (let statement = 0; statement < statements; statement += 1) {
    const beganAt = performance.now()
    await act()
    times.push(performance.now() - beganAt)
  }
  times.sort((a, b) => a - b)
  const [median = 0, most = 0] = [times[statements / 2], times.at(-1)]
  return { median: median.toFixed(1), most: most.toFixed(1) }
}
