/**
 * A service whose database URL names several hosts follows a promotion without anything in front of
 * the database.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { loadSchemaState, migrate } from '../../src/store/migrate.ts'
import { openTestDatabase } from '../helpers/database.ts'
import { type DatabaseSwitch, startDatabaseSwitch } from '../helpers/database-switch.ts'
import { startFailoverPair } from '../helpers/failover.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { heat } from '../helpers/instances.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-test-'))
// When root runs this, the servers have another account, which must pass through.
await chmod(folder, 0o711)
const pair = await startFailoverPair(folder)
const ways: DatabaseSwitch[] = []
t.teardown(async () => {
  for (const way of ways) await way.close()
  await pair.stop()
  await rm(folder, { recursive: true, force: true })
})
const { user, database: name } = pair.primary.connection

/** A URL with a host for each of the two servers, as they are now. */
async function urlOfBoth(): Promise<string> {
  const { primary, standby } = pair
  if (standby === undefined) throw new Error('There is no standby.')
  const hosts: string[] = []
  for (const { socketPath } of [primary, standby]) {
    const way = await startDatabaseSwitch(() => socketPath)
    ways.push(way)
    hosts.push(`127.0.0.1:${way.port}`)
  }
  return `postgresql://${user}:hush@${hosts.join(',')}/${name}`
}

t.test('a promotion during the migration fails it, and the next start completes it', async (t) => {
  const migrations = t.testdir({
    '0001_first.sql': 'create table first (id int)',
    '0002_second.sql': 'create table second (id int); select pg_advisory_xact_lock(77)',
    '0003_third.sql': 'create table third (id int)',
  })
  const { db } = openTestDatabase(await urlOfBoth(), { poolMax: 2, connectTimeoutMs: 20_000 })
  t.teardown(() => db.destroy())
  const deposed = pair.primary
  const blocker = openTestDatabase(await urlOfBoth())
  t.teardown(() => blocker.db.destroy())
  await sql`select pg_advisory_lock(77)`.execute(blocker.db)
  const migrating = t.rejects(migrate(db, migrations), 'the connection is lost')
  await until(async () => {
    const rows = await deposed.ask(
      `select from pg_stat_activity where wait_event = 'advisory' and datname = '${name}'`,
    )
    return rows.length === 1
  })
  await deposed.kill()
  await pair.promote()
  await migrating
  await pair.attachStandby()
  t.same(await migrate(db, migrations), ['0002_second', '0003_third'])
  t.same(await loadSchemaState(db, migrations), { missing: [], unknown: [] })
  await sql`drop table first, second, third; drop table kysely_migration, kysely_migration_lock`.execute(
    db,
  )
  await pair.discard(deposed)
})

t.test('a service follows from one host of its URL to another', async (t) => {
  const service = await startTestService(t, {
    database: { name, url: await urlOfBoth(), drop: async () => undefined },
    settings: {
      POLL_INTERVAL_MS: '100',
      // A statement of a sync cycle may take ten minutes.
      MAX_STALENESS_MS: '3600000',
      DATABASE_CONNECT_TIMEOUT_MS: '5000',
    },
  })
  const { root, logLines } = service
  const account = await newAccount(root)
  const hot = await newKey(root, account)
  const cold = await newKey(root, account)
  await heat(service, hot.token)
  const failed = pair.primary
  await failed.kill()
  const keys = `/v1/accounts/${account}/api-keys`
  assertProblem(t, await root.get(keys), { status: 503, code: 'unavailable' }, 'no server')
  t.equal((await root.verify(hot.token)).valid, true, 'memory answers')
  let line: string | undefined
  // The first request may fail by the connection that it was on.
  await until(async () => {
    await root.get(keys)
    line = logLines.find((one) => one.includes('No server of the database URL'))
    return line !== undefined
  })
  t.match(line, /127\.0\.0\.1:\d+: [^;]+; 127\.0\.0\.1:\d+: is a standby/)
  t.notMatch(logLines.join('\n'), 'hush')

  await pair.promote()
  await pair.attachStandby()
  await until(async () => (await root.post('/v1/verify', { token: cold.token })).status === 200)
  t.equal((await root.verify(cold.token)).valid, true)
  t.equal((await root.verify(hot.token)).valid, true)
  t.equal((await root.post(`${keys}/${cold.id}/revoke`)).status, 200)
  await until(async () => {
    const rows = await pair.primary.ask(
      `select from pg_stat_activity where application_name = 'aeon-keys feed'`,
    )
    return rows.length === 2
  })
  t.pass('and so did the listener')
  await pair.discard(failed)

  await t.test(
    'a service leaves a deposed primary that runs on, and no first use waits for it',
    async (t) => {
      const first = await newKey(root, account)
      const [, deposedHost] = ways.slice(-2)
      const [newHost] = ways.slice(-2)
      if (newHost === undefined || deposedHost === undefined) throw new Error('There is no way.')
      const { primary: deposed, standby } = pair
      newHost.route = () => standby?.socketPath ?? ''
      await pair.promote()
      const using = root.verify(first.token)
      await until(async () => {
        const rows = await deposed.ask(
          `select from pg_stat_activity where wait_event = 'SyncRep' and datname = '${name}'`,
        )
        return rows.length > 1
      })
      await pair.attachStandby()
      t.equal((await using).valid, true)
      const later = await newKey(root, account)
      t.equal((await root.verify(later.token)).valid, true)
      await pair.discard(deposed)
    },
  )
})
