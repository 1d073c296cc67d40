import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { explainFailure } from '../../src/process/explain-failure.ts'
import { openDatabase } from '../../src/store/database.ts'
import { checkClock, timeCommits, timeRoundTrips } from './clocks.ts'
import { type Finding, type Line, notTried, ok, refused } from './finding.ts'
import { findPooling, type Pooling, tellPooling } from './pooling.ts'
import { findLeftovers, withSearchPath } from './schemas.ts'
import { checkConnections, checkDurability, checkHistory, checkServer } from './server-checks.ts'
import { tryServiceSession } from './service-session.ts'
import { checkIsolation, checkLocks, checkNotifications } from './session-checks.ts'
import type { Site } from './site.ts'

type Check = readonly [name: string, run: (site: Site) => Promise<Finding>]

/** What needs no table. */
const withoutTables: readonly Check[] = [
  ['server', checkServer],
  ['durability', checkDurability],
  ['connections', checkConnections],
  ['history', checkHistory],
  ['notifications', checkNotifications],
  ['round trip', timeRoundTrips],
  ['clock', checkClock],
]

/** What works on tables in the schema of the check. */
const withTables: readonly Check[] = [
  ['commit', timeCommits],
  ['READ COMMITTED', checkIsolation],
  ['row locks', checkLocks],
]

/**
 * Runs every check on the database of a URL, and hands each line on as soon as it is known. What
 * the checks create is in one schema, which is dropped whatever happens; `signal` ends the checks
 * early.
 */
export async function checkDatabase(
  url: string,
  print: (line: Line) => void,
  signal?: AbortSignal,
): Promise<readonly Line[]> {
  const lines: Line[] = []
  const opened = openDatabase({
    connection: url,
    poolMax: 6,
    connectTimeoutMs: 15_000,
    statementTimeoutMs: 60_000,
    onIdleError: () => undefined,
  })
  const schema = `aeon_keys_check_${randomBytes(6).toString('hex')}`
  const site: Site = { url, db: opened.db, schema }
  async function run(name: string, check: () => Promise<Finding>): Promise<Finding> {
    const found = signal?.aborted
      ? notTried('interrupted')
      : await check().catch((error: unknown) => refused(explainFailure(error)))
    const line = { name, ...found }
    lines.push(line)
    print(line)
    return found
  }

  try {
    const reached = await run('connection', () => reach(site))
    if (reached.state === 'refused') return lines
    for (const [name, check] of withoutTables) await run(name, () => check(site))
    let pooling: Pooling = 'none'
    await run('pooler', async () => {
      pooling = await findPooling(url)
      return tellPooling(pooling)
    })
    const made = await run('schema', () => makeSchema(site))
    const tables = made.state === 'refused' ? [] : withTables
    for (const [name, check] of tables) await run(name, () => check(site))
    await run('service', async () => {
      if (made.state === 'refused') return notTried('it needs the schema')
      if (pooling === 'transaction') {
        return notTried('the pooler keeps no search_path: run the check on the server itself too')
      }
      return tryServiceSession(withSearchPath(url, schema))
    })
    if (made.state !== 'refused') await run('clean-up', () => cleanUp(site))
    return lines
  } finally {
    await sql`drop schema if exists ${sql.id(schema)} cascade`
      .execute(opened.db)
      .catch(() => undefined)
    await opened.db.destroy()
  }
}

async function reach({ db }: Site): Promise<Finding> {
  const { rows } = await sql<{ version: string; role: string; database: string }>`
    select version(), current_user as role, current_database() as database`.execute(db)
  const [row] = rows
  return ok(`${row?.role} reaches ${row?.database}: ${row?.version.replace(/ on .*/, '')}`)
}

async function makeSchema({ db, schema }: Site): Promise<Finding> {
  const left = await findLeftovers(db)
  const { rows } = await sql<{ may: boolean; role: string; database: string }>`
    select has_database_privilege(current_database(), 'CREATE') as may, current_user as role,
      current_database() as database`.execute(db)
  const [row] = rows
  if (row?.may !== true) {
    return refused(
      `${row?.role} may not create a schema, which only this check needs. As the owner of the ` +
        `database: grant create on database ${row?.database} to ${row?.role}; or run the check ` +
        'with another user.',
    )
  }
  await sql`create schema ${sql.id(schema)}`.execute(db)
  await sql`create table ${sql.id(schema, 'probe')} (value uuid not null)`.execute(db)
  await sql`insert into ${sql.id(schema, 'probe')} values (gen_random_uuid())`.execute(db)
  return left.length === 0
    ? ok(`${schema} is created for the check`)
    : {
        state: 'note',
        text: `a killed check left this behind: drop schema ${left.join(', ')} cascade`,
      }
}

async function cleanUp({ db, schema }: Site): Promise<Finding> {
  await sql`drop schema ${sql.id(schema)} cascade`.execute(db)
  const left = await findLeftovers(db)
  return left.includes(schema) ? refused(`drop schema ${schema} cascade`) : ok('nothing is left')
}
