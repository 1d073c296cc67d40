import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { askVerdict, askVerdictText } from '../../bench/ask.ts'
import { latencyOf } from '../../bench/benchmark.ts'
import { loadCounters } from '../../bench/counters.ts'
import { type Dataset, makeDataset } from '../../bench/datasets/dataset.ts'
import { forgeTokens } from '../../bench/datasets/forge.ts'
import { runAtRate } from '../../bench/load/generators.ts'
import { expectedAnswers, verifyRequests, writeRequests } from '../../bench/load/load.ts'
import { bytesOf, repeat } from '../../bench/load/repeat.ts'
import { type ServerProcess, startServer } from '../../bench/servers/server-process.ts'
import { createEmptyDatabase, type TestDatabase } from '../helpers/database.ts'

let database: TestDatabase
let dataset: Dataset
let service: ServerProcess

t.before(async () => {
  database = await createEmptyDatabase()
  dataset = await makeDataset(database.url, {
    keys: 500,
    tokens: 20,
    revocableTokens: 3,
    revokedTokens: 2,
    expiredTokens: 2,
  })
  service = await startServer({
    script: 'src/main.ts',
    settings: { DATABASE_URL: database.url, LOG_LEVEL: 'warn' },
  })
})

t.teardown(async () => {
  await service.stop()
  await database.drop()
})

t.test('the tokens of a benchmark dataset get the verdicts that they are made for', async (t) => {
  const { rootToken, tokens } = dataset
  const reasonOf = async (token = '') => (await askVerdict(service.url, rootToken, token)).reason
  t.equal((await askVerdict(service.url, rootToken, tokens[19] ?? '')).valid, true)
  t.equal(await reasonOf(dataset.takeRevocable(1)[0]), undefined, 'revocable is good')
  t.equal(await reasonOf(dataset.revokedTokens[1]), 'revoked')
  t.equal(await reasonOf(dataset.expiredTokens[0]), 'expired')

  const before = await loadCounters(service.url)
  for (const token of forgeTokens(tokens)) t.equal(await reasonOf(token), 'not_found')
  const after = await loadCounters(service.url)
  t.equal(after.credentialReads, before.credentialReads, 'forged: no statement')
  t.equal(after.argon2, before.argon2, 'forged: no Argon2')
  t.throws(() => dataset.takeRevocable(3), RangeError, 'none is handed out twice')
})

t.test(
  'a benchmark dataset loaded without constraint checks satisfies the constraints',
  async (t) => {
    const counts = await query(`
    select
      (select count(*) from api_key where account_id = $1)::int as keys,
      (select count(*) from api_key where substr(id::text, 15, 1) = '7')::int as version_7,
      (select count(*) from credential c join api_key k on k.id = c.api_key_id
         join tag_key on tag_key.id = c.tag_key_id where k.account_id = $1)::int as credentials,
      (select count(*) from api_key k join role r
         on r.id = k.role_id and r.account_id = k.account_id where k.account_id = $1)::int as roles,
      (select count(*) from api_key_usage where account_id = $1)::int as usages`)
    t.match(counts, { keys: 500, credentials: 500, roles: 500, usages: 500 })
    t.equal(counts.version_7, 501, 'the root key too')
  },
)

for (const [trustsCaller, verified, told] of [
  ['no', 1, 'nothing but the caller was verified'],
  ['yes', 0, 'nothing was verified'],
] as const) {
  t.test(
    `the service without verification answers as the service does (trusts the caller: ${trustsCaller})`,
    async (t) => {
      const { rootToken, tokens } = dataset
      const [token = '', another = ''] = tokens
      const unverifying = await startServer({
        script: 'bench/servers/without-verification.ts',
        settings: {
          DATABASE_URL: database.url,
          CALLER: rootToken,
          TRUSTS_CALLER: trustsCaller,
          LOG_LEVEL: 'warn',
        },
      })
      t.teardown(() => unverifying.stop())

      const answer = await askVerdictText(service.url, rootToken, token)
      t.equal(
        await askVerdictText(unverifying.url, rootToken, token),
        answer,
        'it answers as the service',
      )
      const before = await loadCounters(unverifying.url)
      t.equal(await askVerdictText(unverifying.url, rootToken, another), answer, 'a constant')
      const after = await loadCounters(unverifying.url)
      t.strictSame(after, { ...before, valid: before.valid + verified }, told)

      const anonymous = await fetch(`${unverifying.url}/v1/verify`, { method: 'POST', body: '{}' })
      t.equal(anonymous.status, 401, 'its hooks are those of the service')
    },
  )
}

t.test('the open-loop generator counts requests due during a server stall as slow', async (t) => {
  const stallMs = 500
  let asked = 0
  let stall: Promise<void> | undefined
  const load = await serve(t, async () => {
    asked += 1
    if (asked === 20) stall = sleep(stallMs)
    await stall
    return '{"valid":true,"api_key":{}}'
  })
  const measured = await runAtRate({ ...load, expected: expectedAnswers.good }, 100, 1)
  t.equal(measured.errors, 0)
  t.equal(measured.requests, 100, 'as many as were due')
  const p95 = latencyOf(measured.latenciesMs, 95)
  t.ok(p95 > 0.6 * stallMs, `two were held up, and fifty fell due behind them: p95 ${p95} ms`)
})

t.test('the load generator counts an unexpected answer as an error', async (t) => {
  const load = await serve(t, async () => '{"valid":false,"reason":"revoked"}')
  const wrong = await runAtRate({ ...load, expected: expectedAnswers.good }, 50, 0.2)
  t.equal(wrong.errors, 10)
  const right = await runAtRate({ ...load, expected: expectedAnswers.revoked }, 50, 0.2)
  t.equal(right.errors, 0)
})

t.test('a noisy sender sends again after an answer of many parts', async (t) => {
  const { origin } = await serve(t, async () => 'a'.repeat(1_000_000))
  const ended = new AbortController()
  const answers = new (class extends Map<number, number> {
    override set(status: number, count: number) {
      if (count === 3) ended.abort()
      return super.set(status, count)
    }
  })()
  await repeat(origin, bytesOf('GET', '/'), ended.signal, answers)
  t.same([...answers], [[200, 3]])
})

async function query(sql: string) {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    const { rows } = await client.query(sql, [dataset.accountId])
    return rows[0]
  } finally {
    await client.end()
  }
}

/** A server that answers as it is told, and the load of one request for it over two connections. */
async function serve(t: Test, answer: () => Promise<string>) {
  const server = createServer(async (_request, response) => {
    const body = await answer()
    response.setHeader('content-length', Buffer.byteLength(body)).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const requestsFile = join(t.testdir(), 'requests')
  await writeRequests(requestsFile, verifyRequests('caller', ['token']))
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, requestsFile, connections: 2 }
}
