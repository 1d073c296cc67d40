import { setTimeout as sleep } from 'node:timers/promises'
import { asAdmin } from '../test/helpers/database.ts'
import { usageOf } from './servers/process-usage.ts'

/**
 * CPU time in milliseconds that the server processes of a database's open connections have used.
 * Zero without a database.
 */
export async function usageOfDatabase(databaseUrl: string | undefined): Promise<number> {
  if (databaseUrl === undefined) return 0
  const usages = await Promise.all((await backendsOf(databaseUrl)).map((pid) => cpuOf(pid)))
  return usages.reduce((sum, cpuMs) => sum + cpuMs, 0)
}

/**
 * Waits until a database has executed nothing for a while: a report goes on after its client has
 * left, and would be measured with what comes next.
 */
export async function untilIdle(databaseUrl: string): Promise<void> {
  for (let quietLooks = 0; quietLooks < quietLooksOfIdle; ) {
    const active = await asAdmin((admin) =>
      admin.query(`select from pg_stat_activity where datname = $1 and state <> 'idle'`, [
        nameOf(databaseUrl),
      ]),
    )
    quietLooks = active.rowCount === 0 ? quietLooks + 1 : 0
    await sleep(lookEveryMs)
  }
}

const quietLooksOfIdle = 5
const lookEveryMs = 100

/** What a database has counted since its creation. */
export interface DatabaseCounts {
  readonly transactions: number
  readonly rowsWritten: number
}

/**
 * Exact once the connections that did the work are closed; an open one reports up to ten seconds
 * late.
 */
export async function countsOfDatabase(databaseUrl: string): Promise<DatabaseCounts> {
  return asAdmin(async (admin) => {
    const { rows } = await admin.query(
      `select xact_commit + xact_rollback as transactions,
         tup_inserted + tup_updated + tup_deleted as written
       from pg_stat_database where datname = $1`,
      [nameOf(databaseUrl)],
    )
    const [row] = rows
    return { transactions: Number(row?.transactions), rowsWritten: Number(row?.written) }
  })
}

async function backendsOf(databaseUrl: string): Promise<number[]> {
  return asAdmin(async (admin) => {
    const { rows } = await admin.query('select pid from pg_stat_activity where datname = $1', [
      nameOf(databaseUrl),
    ])
    return rows.map((row) => Number(row.pid))
  })
}

/** A backend may end between the listing and this read. */
async function cpuOf(pid: number): Promise<number> {
  return usageOf(pid).then(
    (usage) => usage.cpuMs,
    () => 0,
  )
}

function nameOf(databaseUrl: string): string {
  return /^postgres(?:ql)?:\/\/[^/]*\/([^?]*)/.exec(databaseUrl)?.[1] ?? ''
}
