import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { readyBinaries } from '../../src/embedded/binaries.ts'
import { SERVER_USER } from '../../src/embedded/cluster.ts'
import { openDataDir } from '../../src/embedded/data-dir.ts'
import { launchServer } from '../../src/embedded/server.ts'
import { createServerLog } from '../../src/embedded/server-log.ts'
import { makeSocketFolder, SOCKET_PORT, socketFolder } from '../../src/embedded/socket-folder.ts'
import { prepareCluster } from '../helpers/cluster.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw, heat, registered } from '../helpers/instances.ts'
import { assertProblem } from '../helpers/problems.ts'
import { type FaultInjector, readsCredentials, startDatabaseProxy } from '../helpers/proxy.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Of the default MAX_STALENESS_MS. */
const leaseMs = 27_000
const failureTimeoutMs = 33_750

const unavailable = { status: 503, code: 'unavailable' }

t.test(
  'a revocation whose COMMIT is lost answers outcome_unknown and can be repeated',
  async (t) => {
    const database = await createTestDatabase()
    t.teardown(() => database.drop())
    let faultInjector: FaultInjector = 'pass'
    let commits = 0
    const proxy = await startDatabaseProxy(database.url, (bytes, application) => {
      if (faultInjector === 'pass' || application === 'aeon-keys feed') return 'pass'
      if (!/^Q.{4}commit\0$/s.test(bytes.toString('latin1'))) return 'pass'
      commits += 1
      return faultInjector
    })
    t.teardown(() => proxy.close())
    const raw = await connectRaw(t, database.url)
    // What stalls is given up after it, and nothing else takes as long on a busy machine.
    const settings = { POLL_INTERVAL_MS: '20', DATABASE_STATEMENT_TIMEOUT_MS: '5000' }
    const behind = await startTestService(t, {
      database: { ...database, url: proxy.url },
      settings,
    })
    const { rootToken } = behind
    const other = await startTestService(t, { database, settings, rootToken })
    const account = await newAccount(behind.root)

    for (const [told, how, hasHappened] of [
      ['before it arrives', 'cut before', false],
      ['on its way back', 'cut after', true],
      ['without an answer', 'stall', false],
    ] as const) {
      await t.test(`a revocation whose COMMIT is lost ${told} can be repeated`, async (t) => {
        const { root } = behind
        const key = await newKey(root, account)
        for (const service of [behind, other]) await heat(service, key.token)
        const path = `/v1/accounts/${account}/api-keys/${key.id}/revoke`
        commits = 0
        faultInjector = how
        const lost = await root.post(path, { reason: 'first' })
        faultInjector = 'pass'
        assertProblem(t, lost, { status: 503, code: 'outcome_unknown' }, 'nobody knows')
        t.match(lost.body.detail, 'Repeating the request is safe')
        t.ok(lost.headers['retry-after'])
        t.equal(commits, 1, 'it was not tried again blindly')
        if (hasHappened) {
          await until(async () => (await revokedAt(key.id)) !== null)
          await until(async () => (await other.root.verify(key.token)).valid === false)
        }
        t.match(await root.verify(key.token), hasHappened ? { reason: 'revoked' } : { valid: true })

        const repeated = await root.post(path, { reason: 'second', wait_ms: 30_000 })
        t.match(repeated, { status: 200, body: { receipt: { state: 'complete', live: 2 } } })
        t.equal(repeated.body.api_key.revocation_reason, hasHappened ? 'first' : 'second')
        for (const service of [behind, other]) {
          t.match(await service.root.verify(key.token), { valid: false, reason: 'revoked' })
        }
        const changes = await raw.query('select from change where subject = $1', [key.id])
        t.equal(changes.rowCount, 1, 'and it is one change')
      })
    }

    async function revokedAt(id: string): Promise<Date | null> {
      const { rows } = await raw.query('select revoked_at from api_key where id = $1', [id])
      return rows[0]?.revoked_at
    }
  },
)

t.test(
  'an instance whose database became a standby gives verdicts within its lease only',
  async (t) => {
    const server = await startServer(t)
    const proxy = await startDatabaseProxy(server.url)
    t.teardown(() => proxy.close())
    const service = await startTestService(t, {
      database: { name: 'postgres', url: proxy.url, drop: async () => undefined },
      settings: { POLL_INTERVAL_MS: '20' },
    })
    const { root, moment, logLines } = service
    const { deps } = service.service
    const account = await newAccount(root)
    const hot = await newKey(root, account)
    const cold = await newKey(root, account)
    const revoked = await newKey(root, account)
    await root.post(`/v1/accounts/${account}/api-keys/${revoked.id}/revoke`)
    await heat(service, hot.token)
    const before = await server.query((client) => registered(client))

    await server.becomeStandby()
    await t.test(
      'a standby database gives no verdict past the lease, and the log says why',
      async (t) => {
        moment.monotonicMs += leaseMs
        const calls = [
          ['a hot key', () => root.post('/v1/verify', { token: hot.token })],
          ['a cold key', () => root.post('/v1/verify', { token: cold.token })],
          ['a revoked key', () => root.post('/v1/verify', { token: revoked.token })],
          ['the caller', () => service.as(hot.token).get('/v1/me')],
          ['a revocation', () => root.post(`/v1/accounts/${account}/api-keys/${hot.id}/revoke`)],
          ['a list', () => root.get('/v1/accounts')],
          ['readiness', () => root.get('/readyz')],
        ] as const
        for (const [told, call] of calls) assertProblem(t, await call(), unavailable, told)
        const names = (line: string) =>
          line.includes('The database is a standby or read-only. DATABASE_URL must')
        // A sync cycle may have failed before the first call.
        for (const where of ['a sync cycle of the change feed', 'the database is unavailable']) {
          await until(() => logLines.some((line) => names(line) && line.includes(where)))
        }
        t.equal(deps.cache.isLeaseExpired(), true)
      },
    )

    await t.test(
      'a promoted standby counts as another history, and is followed from there',
      async (t) => {
        await server.query((client) => client.query('select pg_promote()'))
        await until(() => !deps.cache.isLeaseExpired())
        t.ok(logLines.some((line) => line.includes('the history of the database changed')))
        const rows = await server.query((client) => registered(client))
        t.not(rows.at(0)?.id, before[0]?.id, 'it has registered anew')
        t.equal((await root.verify(hot.token)).valid, true)
        t.equal((await root.verify(cold.token)).valid, true)
        t.match(await root.verify(revoked.token), { valid: false, reason: 'revoked' })

        const { body } = await root.post(`/v1/accounts/${account}/api-keys/${hot.id}/revoke`, {
          wait_ms: 0,
        })
        t.equal(
          body.receipt.state,
          'pending',
          'for one failure timeout the rows of instances do not count',
        )
        t.match(await root.verify(hot.token), { valid: false, reason: 'revoked' })
        moment.monotonicMs += failureTimeoutMs
        const { revision, id } = body.receipt
        await until(() => !deps.cache.isLeaseExpired())
        const later = await root.get(`/v1/revisions/${revision}?id=${id}`)
        t.equal(later.body.receipt.state, 'complete')
      },
    )
  },
)

t.test(
  'receipts complete by rows after a restart within the lease, and only by time after a longer one',
  async (t) => {
    const server = await startServer(t)
    const service = await startTestService(t, {
      database: { name: 'postgres', url: server.url, drop: async () => undefined },
      settings: { POLL_INTERVAL_MS: '20' },
    })
    const { root, moment, logLines } = service
    const { deps } = service.service
    const account = await newAccount(root)
    const told = (text: string) => logLines.filter((line) => line.includes(text)).length
    const revoked = async (waitMs: number) => {
      const key = await newKey(root, account)
      const path = `/v1/accounts/${account}/api-keys/${key.id}/revoke`
      const { receipt } = (await root.post(path, { wait_ms: waitMs })).body
      t.match(await root.verify(key.token), { valid: false, reason: 'revoked' })
      return receipt
    }
    const known = 'the database restarted, and holds all changes that this instance has applied'
    const [before] = await server.query(registered)
    await server.restart()
    await until(() => told(known) > 0)
    await until(() => !deps.cache.isLeaseExpired())
    t.equal((await revoked(30_000)).state, 'complete')
    t.match(await server.query(registered), [{ id: before?.id }], 'it goes on in its row')

    await server.restart(() => {
      moment.monotonicMs += leaseMs
    })
    await until(() => told('the database restarted; receipts complete only by time') > 0)
    await until(() => !deps.cache.isLeaseExpired())
    t.equal(told('the history of the database changed'), 0, 'it is not taken for a restore')
    const { revision, id } = await revoked(0)
    const ask = async () => (await root.get(`/v1/revisions/${revision}?id=${id}`)).body.receipt
    await until(async () => (await ask()).acknowledged === 1)
    const receipt = await ask()
    t.match(receipt, { state: 'pending', waiting_for: [] }, 'all say they know it')
    t.ok(receipt.complete_in_ms <= failureTimeoutMs)
    moment.monotonicMs += failureTimeoutMs
    await until(() => !deps.cache.isLeaseExpired())
    t.equal((await ask()).state, 'complete')
    t.equal((await revoked(30_000)).state, 'complete', 'and then all is as before')
  },
)

t.test('an instance on a read-only database names the cause and recovers', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const service = await startTestService(t, { database, settings: { POLL_INTERVAL_MS: '20' } })
  const { root, logLines } = service
  const key = await newKey(root, await newAccount(root))
  const raw = await connectRaw(t, database.url)
  const everybody = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name like 'aeon-keys%'`
  await raw.query(`alter database ${database.name} set default_transaction_read_only = on`)
  await raw.query(everybody)
  const refused = (line: string) =>
    line.includes('a sync cycle of the change feed failed') && line.includes('accepts writes')
  await until(() => logLines.some(refused))
  t.match(
    logLines.find(refused),
    'read-only. DATABASE_URL must name the server that accepts writes',
  )
  // Now the database has another history, which is not followed before it commits.
  await raw.query('update change set id = gen_random_uuid() from revision where revision = value')
  service.moment.monotonicMs += leaseMs
  t.equal(service.service.deps.cache.isLeaseExpired(), true)
  const refusals = logLines.filter((line) => line.includes('cannot execute'))
  t.ok(refusals.every(refused), 'the cause is named each time')
  const answer = await root.post(`/v1/accounts/${key.body.account_id}/api-keys/${key.id}/revoke`)
  assertProblem(t, answer, unavailable, 'a revocation')
  t.equal(answer.body.detail, 'The database accepts no writes: it is a standby or read-only.')
  await raw.query('begin read write')
  await raw.query(`alter database ${database.name} reset default_transaction_read_only`)
  await raw.query('commit')
  await raw.query(everybody)
  await until(() => logLines.some((line) => line.includes('the history of the database changed')))
  await until(() => !service.service.deps.cache.isLeaseExpired())
})

t.test(
  'a hanging read fails its own request only, and others read on another connection',
  async (t) => {
    const database = await createTestDatabase()
    t.teardown(() => database.drop())
    let isHanging = false
    const proxy = await startDatabaseProxy(database.url, (bytes, application) => {
      if (!isHanging || application !== 'aeon-keys verification' || !readsCredentials(bytes))
        return 'pass'
      isHanging = false
      return 'stall'
    })
    t.teardown(() => proxy.close())
    const service = await startTestService(t, {
      database: { ...database, url: proxy.url },
      settings: { DATABASE_STATEMENT_TIMEOUT_MS: '5000' },
    })
    const { root } = service
    const { deps } = service.service
    const account = await newAccount(root)
    const keys: string[] = []
    for (let made = 0; made < 40; made += 1) keys.push((await newKey(root, account)).token)
    // Their first uses are recorded before: what is left to do is to read.
    for (const token of keys) t.equal((await root.verify(token)).valid, true)
    deps.cache.clear()
    await heat(service, keys[0] ?? '')
    const ask = (token: string) => root.post('/v1/verify', { token })
    const { credentialReads } = deps.counters
    isHanging = true
    const startedAt = performance.now()
    const first = ask(keys[1] ?? '')
    await until(() => deps.counters.credentialReads === credentialReads + 1)
    const meanwhile = keys.slice(2).map(ask)
    t.equal((await ask(keys[0] ?? '')).body.valid, true, 'hot keys are verified meanwhile')
    await until(() => deps.loads.size === keys.length - 1)

    assertProblem(t, await first, unavailable, 'whoever it was sent for is told')
    const waited = performance.now() - startedAt
    t.ok(
      waited < 60_000,
      `after ${Math.round(waited)} ms: the statement's 5,000, and a second for its answer`,
    )
    for (const { status, body } of await Promise.all(meanwhile)) {
      t.match({ status, body }, { status: 200, body: { valid: true } })
    }
    t.equal(
      deps.counters.credentialReads,
      credentialReads + 2,
      'the others share one on another connection',
    )
  },
)

t.test('a request that outlives the drain is answered 503 unavailable', async (t) => {
  const service = await startTestService(t, { settings: { DRAIN_TIMEOUT_MS: '100' } })
  const { root, logLines } = service
  const { hasher } = service.service.deps
  const key = await newKey(root, await newAccount(root))
  await root.get('/v1/me')
  const released = Promise.withResolvers<void>()
  while (hasher.queue.running < 4) void hasher.queue.run('', () => released.promise)
  const verifying = root.post('/v1/verify', { token: key.token })
  await until(() => hasher.queue.waiting === 1)
  await service.stop()
  released.resolve()
  // What it has left to do, the record of the first use, finds no database any more.
  assertProblem(t, await verifying, unavailable, 'no denial, and no surprise')
  t.notOk(logLines.some((line) => line.includes('unexpected error')))
})

interface OwnServer {
  readonly url: string
  query<T>(act: (client: Client) => Promise<T>): Promise<T>
  /** Stops it, and starts it again. */
  restart(whileStopped?: () => void): Promise<void>
  /** Stops it, and starts it again as the standby of a server that never says anything. */
  becomeStandby(): Promise<void>
}

/** A PostgreSQL of this test's own. */
async function startServer(t: Test): Promise<OwnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  // When root runs this, the server has another account, which must pass through.
  await chmod(folder, 0o711)
  const dataDir = await openDataDir(folder)
  const { postgres } = await readyBinaries(dataDir)
  await prepareCluster(folder)
  const socketDir = socketFolder(dataDir)
  const { clusterDir, account } = dataDir
  const url = `postgresql://${SERVER_USER}@/postgres?host=${encodeURIComponent(socketDir)}&port=${SOCKET_PORT}`
  const options = {
    listen_addresses: '',
    port: String(SOCKET_PORT),
    unix_socket_directories: `"${socketDir}"`,
    fsync: 'off',
  }
  const flags = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])

  async function query<T>(act: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: url })
    await client.connect()
    try {
      return await act(client)
    } finally {
      await client.end()
    }
  }

  async function launch() {
    await makeSocketFolder(socketDir, dataDir)
    const log = createServerLog({ info() {}, warn() {}, error() {} })
    const launched = launchServer([postgres, '-D', clusterDir, ...flags], account, log)
    const accepts = () => query((client) => client.query('select')).then(() => true)
    await until(() => accepts().catch(() => false))
    return launched
  }

  let running = await launch()
  const stop = async () => {
    running.stop()
    await running.ended
  }
  t.teardown(stop)
  return {
    url,
    query,
    async restart(whileStopped = () => undefined) {
      await stop()
      whileStopped()
      running = await launch()
    },
    async becomeStandby() {
      await stop()
      await writeFile(join(clusterDir, 'standby.signal'), '')
      running = await launch()
    },
  }
}
