/** Which product a server is, and what follows from it. */
import t, { type Test } from 'tap'
import { listen } from '../../src/store/feed.ts'
import { type FeedConnection, openFeedConnection } from '../../src/store/feed-connection.ts'
import { identifyServer } from '../../src/store/history.ts'
import { migrate } from '../../src/store/migrate.ts'
import { isSupportedYugabyte, productOf } from '../../src/store/product.ts'
import { DatabaseServers } from '../../src/store/servers/database-servers.ts'
import { probeServer } from '../../src/store/servers/probe.ts'
import { createTestDatabase, openTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { startDatabaseProxy } from '../helpers/proxy.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'
import { answerAsYugabyte } from '../helpers/yugabyte-alike.ts'

t.test('the product and its version are read from what the server says of itself', async (t) => {
  const cases = [
    [
      'PostgreSQL 15.12-YB-2025.2.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang',
      'YugabyteDB',
      '2025.2.0.0',
    ],
    ['PostgreSQL 11.2-YB-2024.2.1.0-b0 on aarch64, 64-bit', 'YugabyteDB', '2024.2.1.0'],
    ['PostgreSQL 18.4 (Debian 18.4-1) on x86_64-pc-linux-gnu', 'PostgreSQL', '18.4'],
    ['PostgreSQL 19beta1 on x86_64', 'PostgreSQL', '19beta1'],
    ['', 'PostgreSQL', 'of an unknown version'],
  ] as const
  for (const [text, name, version] of cases) t.same(productOf(text), { name, version }, text)
})

t.test('YugabyteDB is supported from 2025.2 and from preview version 2.29', async (t) => {
  const supported = ['2025.2.0.0', '2025.2', '2025.3.1.0', '2026.1.0.0', '2.29.0.0', '2.31.0.0']
  const refused = ['2025.1.9.9', '2024.2.1.0', '2.27.0.0', '2.25.2.0', '2.9.0.0', '', 'x']
  for (const version of supported) t.ok(isSupportedYugabyte(version), version)
  for (const version of refused) t.notOk(isSupportedYugabyte(version), version)
})

t.test('an earlier YugabyteDB is refused by its name', async (t) => {
  const { url, raw } = await databaseFor(t)
  await answerAsYugabyte(raw, '2025.1.1.2')
  const { db } = openTestDatabase(url)
  t.teardown(() => db.destroy())
  await t.rejects(migrate(db), {
    message: 'The server is YugabyteDB 2025.1.1.2. Use YugabyteDB 2025.2 or newer, or PostgreSQL.',
  })
})

t.test('the history of YugabyteDB is that of the cluster, and of no node', async (t) => {
  const { url, raw, drop } = await databaseFor(t)
  await answerAsYugabyte(raw, '2025.2.3.1')
  const met = await historyOf(url)
  t.match(met.history, { identity: /^00000000 yugabyte \d+ \d+$/, serverStart: '' })
  t.notMatch(met.expression, /wal|postmaster/)
  // Each node has a system identifier of its own, and none is promoted: all of them may be used.
  const probed = await probeServer({ connectionString: url }, 10_000, new AbortController().signal)
  t.match(probed, { isStandby: false, systemId: undefined, timeline: 0 })
  // Another node has its own files and start, and the same catalogue.
  await raw.query('vacuum full revision')
  t.same((await historyOf(url)).history, met.history)
  await drop()
  const restored = await databaseFor(t)
  await answerAsYugabyte(restored.raw, '2025.2.3.1')
  t.not((await historyOf(restored.url)).history?.identity, met.history?.identity, 'a restore')
})

t.test('a service on what says that it is YugabyteDB logs that it is untried there', async (t) => {
  const { url, raw, database } = await databaseFor(t)
  await answerAsYugabyte(raw, '2025.2.3.1')
  const { root, logLines } = await startTestService(t, { database: { ...database, url } })
  t.match(logLines.join(''), /written for YugabyteDB, and not yet run on it/)
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)
  t.match(await root.verify(token), { valid: true })
  const revoked = await root.post(`/v1/accounts/${account}/api-keys/${id}/revoke`, {
    wait_ms: 30_000,
  })
  t.match(revoked.body, { receipt: { state: 'complete' } })
  t.match(await root.verify(token), { valid: false, reason: 'revoked' })
})

t.test('on YugabyteDB changes are announced where notifications arrive, else polled', async (t) => {
  const hiding = [
    // As where pg_notify is refused, and where it is accepted and nothing arrives.
    `language plpgsql as $$ begin raise exception 'no' using errcode = '0A000'; end $$`,
    `language plpgsql as $$ begin end $$`,
    undefined,
  ]
  for (const body of hiding) {
    const { url, raw, database } = await databaseFor(t)
    await answerAsYugabyte(raw, '2025.2.3.1')
    if (body !== undefined) {
      await raw.query(`create function pg_notify(text, text) returns void ${body}`)
    }
    const started = await startTestService(t, { database: { ...database, url } })
    const { root, logLines } = started
    const isPolling = /delivers no notifications: changes are found by polling/
    t.equal(isPolling.test(logLines.join('')), body !== undefined, String(body))
    const account = await newAccount(root)
    const { id } = await newKey(root, account)
    const at = `/v1/accounts/${account}/api-keys/${id}/revoke`
    const { status, body: answer } = await root.post(at, { wait_ms: 30_000 })
    t.match({ status, answer }, { status: 200, answer: { receipt: { state: 'complete' } } })
    await started.stop()
  }
})

t.test('a listener may take longer to connect than a sync cycle may', async (t) => {
  const { url, raw, database } = await databaseFor(t)
  await answerAsYugabyte(raw, '2025.2.3.1')
  const far = await startDatabaseProxy(url, undefined, 1_500)
  t.teardown(() => far.close())
  // A sync cycle has a sixth of it, a second, for each of its steps.
  const settings = { DATABASE_LISTEN_URL: far.url, MAX_STALENESS_MS: '6000' }
  const { logLines } = await startTestService(t, { database: { ...database, url }, settings })
  t.notMatch(logLines.join(''), /changes are found by polling/)
  await until('the listener listens', async () => {
    await raw.query('select pg_stat_clear_snapshot()')
    const { rowCount } = await raw.query(`select from pg_stat_activity
      where datname = current_database() and query = 'listen aeon_keys_change'`)
    return rowCount === 1
  })
})

t.test('LISTEN counts as ignored when its own warning says so, and not by any other', async (t) => {
  const warnings = [
    [{ code: '0A000', message: 'LISTEN not supported yet and will be ignored' }, false],
    [{ code: '01000', message: 'LISTEN will be ignored' }, false],
    [{ code: '01000', message: 'the disk is nearly full' }, true],
    [{ code: '57P01', message: 'the server restarts in 10 minutes' }, true],
    [{}, true],
  ] as const
  for (const [warning, isListening] of warnings) {
    const client = {
      on: (_: string, onNotice: (notice: object) => void) =>
        onNotice({ severity: 'WARNING', ...warning }),
      off: () => undefined,
      query: async () => undefined,
    }
    const connection = { client, history: '', met: null } as unknown as FeedConnection
    t.equal(await listen(connection), isListening, JSON.stringify(warning))
  }
})

async function databaseFor(t: Test) {
  const database = await createTestDatabase()
  const raw = await connectRaw(t, database.url)
  let isDropped = false
  const drop = async () => {
    if (!isDropped) await database.drop()
    isDropped = true
  }
  t.teardown(drop)
  return { database: { ...database, drop }, url: database.url, raw, drop }
}

async function historyOf(url: string) {
  const { client, met } = await openFeedConnection({
    servers: new DatabaseServers({ connection: url, connectTimeoutMs: 10_000 }),
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
  })
  try {
    const { expression } = await identifyServer((text) => client.query(text))
    const { rows } = await client.query(`select ${expression} as history`)
    return { expression, history: met, asked: rows[0].history }
  } finally {
    await client.end()
  }
}
