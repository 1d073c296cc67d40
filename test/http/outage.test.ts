import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { Client } from 'pg'
import { type Test, test } from 'tap'
import type { Answer, Api } from '../helpers/api.ts'
import { type CheckedService, startCheckedService } from '../helpers/checked-service.ts'
import { asAdmin, createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { assertProblem } from '../helpers/problems.ts'
import { type DatabaseProxy, type Judge, startDatabaseProxy } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'

const unavailable = { status: 503, code: 'unavailable' }

interface Cuttable extends CheckedService {
  readonly proxy: DatabaseProxy
  readonly account: string
}

test('the API answers from memory or 503 while the database is unreachable', async (t) => {
  const outages: readonly [string, (proxy: DatabaseProxy) => void][] = [
    ['connections break', (proxy) => proxy.cut()],
    ['nothing is answered', (proxy) => proxy.stall()],
  ]
  for (const [told, begin] of outages) {
    await t.test(`the API recovers after an outage in which ${told}`, async (t) => {
      const service = await startBehindProxy(t)
      const { root, account, proxy, clock } = service
      const hot = await newKey(root, account)
      const cold = await newKey(root, account)
      t.equal((await root.verify(hot.token)).valid, true)
      // All idle connections are lost, not only the last one used.
      await Promise.all(Array.from({ length: 8 }, () => root.get('/v1/accounts')))

      begin(proxy)
      clock.offsetMs = 60_000
      const usedAt = Date.now() + clock.offsetMs
      await t.test(
        'a hot key is verified from memory while the database is unreachable',
        async (t) => {
          for (let use = 0; use < 3; use += 1) {
            t.equal((await root.verify(hot.token)).valid, true)
          }
        },
      )
      await t.test(
        'requests that need the unreachable database are 503, and none is a denial',
        async (t) => {
          const startedAt = Date.now()
          const answers = await Promise.all(callsThatNeedTheDatabase(service, hot.id, cold.token))
          for (const [told, answer] of answers) assertProblem(t, answer, unavailable, told)
          t.ok(Date.now() - startedAt < 30_000, 'within the limits that the settings set')
        },
      )
      await t.test(
        'the process is alive, and ready while its lease lasts, without the database',
        async (t) => {
          t.equal((await root.get('/livez')).status, 200)
          t.match(await root.get('/readyz'), { status: 200, body: { lease: 'held' } })
        },
      )
      await t.test(
        'use records are kept in memory while the database is unreachable',
        async (t) => {
          const { deps } = service.service
          await t.rejects(deps.uses.flush(deps.db))
          t.ok(deps.uses.size > 0)
        },
      )

      proxy.restore()
      await t.test(
        'requests succeed without a restart once the database is reachable again',
        async (t) => {
          await until(async () => (await root.get('/v1/accounts')).status === 200)
          const answers = await Promise.all([
            root.post('/v1/verify', { token: cold.token }),
            ...Array.from({ length: 8 }, () => root.get('/v1/accounts')),
            root.post(`/v1/accounts/${account}/roles`, { name: 'after', permissions: [] }),
          ])
          for (const answer of answers) t.ok(answer.status < 300, answer.text.slice(0, 200))
          t.equal(answers[0]?.body.valid, true)
        },
      )
      await t.test(
        'uses counted during a database outage are written once afterwards',
        async (t) => {
          const { deps } = service.service
          await deps.uses.flush(deps.db)
          await deps.uses.flush(deps.db)
          const { body } = await root.get(`/v1/accounts/${account}/api-keys/${hot.id}`)
          t.equal(body.api_key.use_count, 4)
          t.ok(Date.parse(body.api_key.last_used_at) >= usedAt)
        },
      )
    })
  }
})

test('on a read-only database writes are 503 and reads are served', async (t) => {
  const service = await startBehindProxy(t)
  const { root, account, proxy, database } = service
  const key = await newKey(root, account)
  t.equal((await root.verify(key.token)).valid, true)
  const fresh = await newKey(root, account)

  await setReadOnly(database.name, true)
  proxy.cut()
  proxy.restore()
  await until(async () => (await root.get('/v1/accounts')).status === 200)
  service.service.deps.cache.clear()
  t.equal((await root.get(`/v1/accounts/${account}`)).status, 200)
  t.equal((await root.verify(key.token)).valid, true, 'a key that was used before')
  const first = await root.post('/v1/verify', { token: fresh.token })
  assertProblem(t, first, unavailable, 'the first use of a key cannot be recorded')
  for (const [told, answer] of await Promise.all(mutations(root, account, key.id))) {
    assertProblem(t, answer, unavailable, told)
  }

  await setReadOnly(database.name, false)
  proxy.cut()
  proxy.restore()
  await until(async () => (await root.get('/v1/accounts')).status === 200)
  t.equal((await root.verify(fresh.token)).valid, true)
})

test('a revocation that waits for a lock ends by the statement timeout and changes nothing', async (t) => {
  const { root, database, account } = await startBehindProxy(t)
  const { id, token } = await newKey(root, account)
  const holder = new Client({ connectionString: database.url })
  await holder.connect()
  try {
    await holder.query('begin; lock table api_key in access exclusive mode')
    const revoke = await root.post(`/v1/accounts/${account}/api-keys/${id}/revoke`, {})
    assertProblem(t, revoke, unavailable, 'revoke')
  } finally {
    await holder.end()
  }
  t.equal((await root.verify(token)).valid, true)
})

test('a change whose COMMIT is lost answers outcome_unknown', async (t) => {
  let isCutting = false
  const { root, account } = await startBehindProxy(
    t,
    (bytes) => (isCutting && /^Q.{4}commit/s.test(bytes.toString('latin1')) ? 'cut after' : 'pass'),
    // The requests wait for each other: on a busy machine longer than other tests allow.
    30_000,
  )
  const [one, other] = [await newKey(root, account), await newKey(root, account)]
  isCutting = true
  const answers = await Promise.all(mutations(root, account, one.id, other.id))
  isCutting = false
  for (const [told, answer] of answers) {
    assertProblem(t, answer, { status: 503, code: 'outcome_unknown' }, told)
  }
})

test('too many concurrent first verifications are 503 overloaded, and none is denied', async (t) => {
  const { root } = await startCheckedService(t, {
    settings: { HASH_CONCURRENCY: '1', HASH_QUEUE_MAX: '1', HASH_PROFILE: 'password' },
  })
  const account = await newAccount(root)
  const tokens: string[] = []
  for (let made = 0; made < 8; made += 1) tokens.push((await newKey(root, account)).token)
  const ask = (token: string) => root.post('/v1/verify', { token })

  const answers = await Promise.all(tokens.map(ask))
  const good = answers.filter((answer) => answer.status === 200)
  t.ok(good.length >= 2, `${good.length} were verified`)
  for (const answer of good) t.equal(answer.body.valid, true)
  const refused = answers.filter((answer) => answer.status !== 200)
  t.ok(refused.length > 0, `${refused.length} were refused`)
  for (const answer of refused) {
    assertProblem(t, answer, { status: 503, code: 'overloaded' }, 'refused')
    t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
  }
  for (const token of tokens) t.equal((await ask(token)).body.valid, true, 'one after another')
})

test('oversized requests are refused, and slow ones have time limits', async (t) => {
  const { service, root, rootToken } = await startCheckedService(t)
  const { app } = service
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const exchange = (text: string) => exchangeRaw(port, text)

  const head = 'GET /v1/me HTTP/1.1\r\nHost: x\r\n'
  const authorization = `Authorization: Bearer ${rootToken}\r\n`
  const cookie = `Cookie: ${'a'.repeat(17_000)}\r\n`
  const large = await exchange(`${head}${authorization}${cookie}\r\n`)
  t.match(large, /^HTTP\/1\.1 431 /, 'headers over 16 kB')
  t.match(large, '"code":"headers_too_large"')
  t.match(await exchange('NONSENSE\r\n\r\n'), /^HTTP\/1\.1 400 /, 'no HTTP')
  const smuggled = `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
  t.match(await exchange(smuggled), /^HTTP\/1\.1 400 /, 'two lengths')
  t.notMatch(large, rootToken, 'nothing of it is told again')
  t.equal((await root.get('/v1/me')).status, 200)

  t.ok(app.server.requestTimeout > 0 && app.server.requestTimeout <= 30_000, 'a whole request')
  t.ok(app.server.headersTimeout > 0 && app.server.headersTimeout <= 20_000, 'its headers')
  t.ok(app.server.keepAliveTimeout > 0, 'an idle connection')
})

async function startBehindProxy(t: Test, judge?: Judge, timeoutMs = 3_000): Promise<Cuttable> {
  const database = await createTestDatabase()
  const proxy = await startDatabaseProxy(database.url, judge)
  // Teardowns run in reverse: the service stops first.
  t.teardown(async () => {
    await proxy.close()
    await database.drop()
  })
  const started = await startCheckedService(t, {
    database: { ...database, url: proxy.url },
    settings: {
      DATABASE_CONNECT_TIMEOUT_MS: String(timeoutMs),
      DATABASE_STATEMENT_TIMEOUT_MS: String(timeoutMs),
      LOG_LEVEL: 'info',
    },
  })
  return { ...started, proxy, account: await newAccount(started.root) }
}

function callsThatNeedTheDatabase(
  { root, as, account }: Cuttable,
  id: string,
  cold: string,
): Promise<readonly [string, Answer]>[] {
  const path = `/v1/accounts/${account}`
  return [
    named('verifying a cold token', root.post('/v1/verify', { token: cold })),
    named('a caller with a cold token', as(cold).get('/v1/me')),
    named('reading', root.get(`${path}/api-keys`)),
    named('listing accounts', root.get('/v1/accounts')),
    ...mutations(root, account, id),
  ]
}

/** Every kind of change; `disabled` is disabled, and `revoked` is revoked. */
function mutations(
  root: Api,
  account: string,
  revoked: string,
  disabled = revoked,
): Promise<readonly [string, Answer]>[] {
  const path = `/v1/accounts/${account}`
  const key = { name: 'meanwhile', role: 'viewer', expires_at: null }
  return [
    named('issuing', root.post(`${path}/api-keys`, key)),
    named('revoking', root.post(`${path}/api-keys/${revoked}/revoke`, {})),
    named('disabling', root.post(`${path}/api-keys/${disabled}/disable`, {})),
    named('a role', root.post(`${path}/roles`, { name: 'meanwhile', permissions: [] })),
    named('a list', root.post(`${path}/allow-lists`, { name: 'x', entries: ['10.0.0.1'] })),
    named('an account', root.post('/v1/accounts', { name: 'meanwhile' })),
  ]
}

async function named(told: string, answer: Promise<Answer>): Promise<readonly [string, Answer]> {
  return [told, await answer]
}

/** Applies to every connection that is made from now on. */
async function setReadOnly(database: string, readOnly: boolean): Promise<void> {
  const setting = `default_transaction_read_only = ${readOnly ? 'on' : 'off'}`
  await asAdmin((admin) => admin.query(`alter database ${database} set ${setting}`))
}

/** Sends bytes and returns all bytes that the other side sends until it closes. */
async function exchangeRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('utf8')
  socket.on('error', () => undefined)
  let received = ''
  socket.on('data', (chunk: string) => {
    received += chunk
  })
  socket.write(text)
  await once(socket, 'close')
  return received
}
