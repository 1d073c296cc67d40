/**
 * After a failover the old primary may be alive: it is not in recovery, answers reads for ever, and
 * its commits hang for the synchronous standby that it has lost. No verdict may rest on what it
 * says.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import t from 'tap'
import { deriveTagKey } from '../../src/domain/token/tag.ts'
import { formatToken } from '../../src/domain/token/token.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import { explainApiKey } from '../../src/management/api-keys/explain.ts'
import { findReceipt } from '../../src/management/freshness/find-receipt.ts'
import { listInstances } from '../../src/management/freshness/list-instances.ts'
import { findLatestRevision } from '../../src/store/changes.ts'
import { readByCommit } from '../../src/store/committed-read.ts'
import { isolationLevels } from '../../src/store/database.ts'
import { isUnavailable } from '../../src/verification/outage.ts'
import { ping } from '../../src/verification/ping.ts'
import { verify } from '../../src/verification/verify.ts'
import { verifyBatch } from '../../src/verification/verify-batch.ts'
import type { Json } from '../helpers/api.ts'
import { openTestDatabase } from '../helpers/database.ts'
import { startDatabaseSwitch } from '../helpers/database-switch.ts'
import { startFailoverPair } from '../helpers/failover.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { heat } from '../helpers/instances.ts'
import type { PairServer } from '../helpers/pair-server.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-test-'))
// When root runs this, the servers have another account, which must pass through.
await chmod(folder, 0o711)
const pair = await startFailoverPair(folder)
const way = await startDatabaseSwitch(() => pair.primary.socketPath)
t.teardown(async () => {
  await way.close()
  await pair.stop()
  await rm(folder, { recursive: true, force: true })
})

const maxStalenessMs = 300_000
const leaseMs = 0.9 * maxStalenessMs
const { user, database: name } = pair.primary.connection
const service = await startTestService(t, {
  database: {
    name,
    url: `postgresql://${user}@127.0.0.1:${way.port}/${name}`,
    drop: async () => undefined,
  },
  settings: {
    POLL_INTERVAL_MS: '50',
    DATABASE_STATEMENT_TIMEOUT_MS: '500',
    FORWARD_AUTH_NETWORKS: '127.0.0.0/8',
    // Far below the deadline of a sync cycle, a sixth of it.
    MAX_STALENESS_MS: String(maxStalenessMs),
  },
})
const { root, moment, logLines } = service
const { deps } = service.service
const account = await newAccount(root)
const keysPath = `/v1/accounts/${account}/api-keys`
const unnamed = { name: 'unnamed', role: 'viewer', expires_at: null }
const anybody = { address: undefined, permissions: [], accountId: undefined }

t.test('an instance connected to a deposed primary answers by its lease only', async (t) => {
  const hot = await newKey(root, account)
  const cold = await newKey(root, account)
  const ended = await newKey(root, account)
  await heat(service, hot.token)
  const { receipt } = (await root.post(`${keysPath}/${(await newKey(root, account)).id}/revoke`))
    .body
  const deposed = pair.primary
  way.route = () => deposed.socketPath
  await pair.promote()
  await pair.attachStandby()
  await disable(ended.id)
  const [row] = await query(
    deposed,
    `select pg_is_in_recovery() as standby,
    (select disabled_at from api_key where id = '${ended.id}') from revision`,
  )
  t.match(row, { standby: false, disabled_at: null }, 'which answers what is true no more')

  await t.test('beside a deposed primary memory answers while the lease holds', async (t) => {
    t.equal((await root.verify(hot.token)).valid, true)
    t.match(await root.get('/readyz'), { status: 200, body: { lease: 'held' } })
  })

  const keyId = uuidV7(Date.now(), deps.randomBytes(10))
  const secret = deps.randomBytes(32)
  const tagKey = deps.keyring.signing
  const unknown = formatToken({ prefix: 'aeon', keyId, secret, tagKey })
  const ofAccount = `/v1/accounts/${account}`
  const absent = [
    ['an account', () => root.get(`/v1/accounts/${keyId}`), 404],
    ['a key', () => root.get(`${keysPath}/${keyId}`), 404],
    ['a role', () => root.get(`${ofAccount}/roles/${keyId}`), 404],
    ['an allow list', () => root.get(`${ofAccount}/allow-lists/${keyId}`), 404],
    ['an event', () => root.get(`${ofAccount}/audit-events/99999/api-keys`), 404],
    ['a revision', () => root.get(`/v1/revisions/99999?id=${keyId}`), 404],
    ['the key to explain', () => root.post(`${keysPath}/${keyId}/explain`, {}), 404],
    ['the key to revoke', () => root.post(`${keysPath}/${keyId}/revoke`), 404],
    ['the role of a new key', () => root.post(keysPath, { ...unnamed, role: 'none' }), 400],
    ['a free name', () => root.post(keysPath, { ...unnamed, name: hot.body.name }), 409],
    ['the key of a caller', () => service.as(unknown.text).get('/v1/me'), 401],
  ] as const
  await t.test('what a deposed primary lacks may be on its successor, so it is 503', async (t) => {
    t.equal(deps.cache.isLeaseExpired(), false)
    const verifyUnknown = async () => verify(deps, unknown.text, anybody)
    const verdict = verifyUnknown().catch((error: unknown) => error)
    const outcomes = absent.map(async ([told, ask]) => {
      assertProblem(t, await ask(), { status: 503, code: 'unavailable' }, told)
    })
    await Promise.all(outcomes)
    t.ok(isUnavailable(await verdict), 'the key of a token with a right tag')
  })

  moment.monotonicMs += leaseMs
  t.equal(deps.cache.isLeaseExpired(), true)
  const forged = formatToken({
    prefix: 'aeon',
    keyId: uuidV7(Date.now(), deps.randomBytes(10)),
    secret: deps.randomBytes(32),
    tagKey: deriveTagKey('forged', deps.randomBytes(32)),
  })
  // Called within: over HTTP the caller's own key would be the first that cannot be judged.
  const asked: readonly (readonly [string, () => unknown])[] = [
    ['a hot key', () => verify(deps, hot.token, anybody)],
    ['a cold key', () => verify(deps, cold.token, anybody)],
    ['a key that has ended', () => verify(deps, ended.token, anybody)],
    ['an unknown tag', () => verify(deps, forged.text, anybody)],
    ['a batch', () => verifyBatch(deps, [{ text: hot.token, attempt: anybody }])],
    [
      'an explanation',
      () => explainApiKey(deps, account, ended.id, { ...anybody, at: new Date() }),
    ],
    ['a receipt', () => findReceipt(deps, receipt.revision, receipt.id, 0)],
    ['the instances', () => listInstances(deps)],
    ['readiness', () => ping(deps)],
  ]
  await t.test('past the lease a deposed primary gives no verdict', async (t) => {
    const outcomes = asked.map(async ([told, ask]) => {
      const outcome = await (async () => ask())().catch((error: unknown) => error)
      t.ok(
        isUnavailable(outcome),
        `${told}: ${outcome instanceof Error ? outcome.name : 'answered'}`,
      )
    })
    await Promise.all(outcomes)
  })

  await t.test('past the lease every API answers 503 beside a deposed primary', async (t) => {
    const token = hot.token
    const authorization = `Bearer ${service.rootToken}`
    const calls = [
      root.post('/v1/verify', { token }),
      root.post('/v1/verify/batch', { attempts: [{ token }] }),
      root.get('/v1/me'),
      root.post(`${keysPath}/${ended.id}/explain`, {}),
      root.get('/v1/instances'),
      root.get(`/v1/revisions/${receipt.revision}?id=${receipt.id}`),
      root.get('/readyz'),
    ]
    for (const answer of await Promise.all(calls)) {
      assertProblem(t, answer, { status: 503, code: 'unavailable' }, answer.text.slice(0, 60))
    }
    const { app } = service.service
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
    const introspected = app.inject({
      method: 'POST',
      url: '/oauth2/introspect',
      headers,
      payload: `token=${token}`,
    })
    const forwarded = app.inject({ url: '/v1/forward-auth', headers: { authorization } })
    t.equal((await introspected).statusCode, 503)
    t.equal((await forwarded).statusCode, 503)
  })

  await t.test(
    'a deposed primary acknowledges no commit that proves a read, at any isolation',
    async (t) => {
      for (const isolation of isolationLevels) {
        const options = { isolation, statementTimeoutMs: 200 }
        const old = openTestDatabase(urlOf(deposed), options)
        t.teardown(() => old.db.destroy())
        const read = (opened: typeof old) => readByCommit(opened.db, findLatestRevision)
        await t.rejects(read(old), { name: 'ReadTimeoutError' }, isolation)
        const now = openTestDatabase(urlOf(pair.primary), options)
        t.teardown(() => now.db.destroy())
        t.ok((await read(now)).revision > 0, isolation)
      }
    },
  )

  await t.test(
    'an instance that reaches the promoted primary answers correctly again',
    async (t) => {
      way.route = () => pair.primary.socketPath
      way.cut()
      await until(() => !deps.cache.isLeaseExpired())
      t.equal((await root.verify(hot.token)).valid, true)
      t.equal((await root.verify(cold.token)).valid, true)
      t.match(await root.verify(ended.token), { valid: false, reason: 'disabled' })
      t.match(await root.verify(unknown.text), { valid: false, reason: 'not_found' })
      for (const [told, ask, status] of absent) t.equal((await ask()).status, status, told)
    },
  )
  await pair.discard(deposed)
})

t.test(
  'the pool and the listener stay with a deposed primary, and sync cycles do not',
  async (t) => {
    const hot = await newKey(root, account)
    const cold = await newKey(root, account)
    await heat(service, hot.token)
    // Several connections, all idle.
    await Promise.all(Array.from({ length: 8 }, () => root.get(keysPath)))
    const deposed = pair.primary
    const before = told('the history of the database changed')
    await pair.promote()
    await pair.attachStandby()
    for (const { id } of [hot, cold]) await disable(id)
    t.ok((await sessions(deposed, 'aeon-keys')) > 0, 'the pool is connected to it')
    await deposed.ask(`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'aeon-keys feed' and query not like 'listen %'`)
    await until(() => told('the history of the database changed') > before)
    await until(() => !deps.cache.isLeaseExpired())
    for (const { token } of [hot, cold]) {
      t.match(await root.verify(token), { valid: false, reason: 'disabled' })
    }
    await until(async () => (await sessions(deposed, 'aeon-keys feed')) === 0)
    await until(async () => (await sessions(pair.primary, 'aeon-keys feed')) === 2)
    t.pass('the listener has followed')
    await pair.discard(deposed)
  },
)

t.test('the pool meets a promoted primary before the sync cycles do', async (t) => {
  const cold = await newKey(root, account)
  const deposed = pair.primary
  const before = told('the history of the database changed')
  await pair.promote()
  await pair.attachStandby()
  await disable(cold.id)
  way.cut(({ application }) => application !== 'aeon-keys feed')
  t.match(await root.verify(cold.token), { valid: false, reason: 'disabled' })
  t.equal(
    told('the history of the database changed'),
    before + 1,
    'the sync cycles were triggered, and met it',
  )
  await until(async () => (await sessions(pair.primary, 'aeon-keys feed')) === 2)
  t.pass('and so did the listener')
  await pair.discard(deposed)
})

/** Changes a key on the primary, as somebody did whom this instance has not heard of. */
async function disable(id: string): Promise<void> {
  await query(pair.primary, `update api_key set disabled_at = now() where id = '${id}'`)
}

/** Runs statements on the service's database of a server. */
async function query(server: PairServer, text: string): Promise<readonly Json[]> {
  const client = new Client({ connectionString: urlOf(server), application_name: 'a test' })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

async function sessions(server: PairServer, application: string): Promise<number> {
  const [row] = await server.ask(
    `select count(*)::int as count from pg_stat_activity where application_name = '${application}'`,
  )
  return Number(row?.count)
}

function told(text: string): number {
  return logLines.filter((line) => line.includes(text)).length
}

function urlOf({ connection }: PairServer): string {
  const { host, port, user, database } = connection
  return `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
}
