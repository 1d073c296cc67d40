import type { Client } from 'pg'
import { type Test, test } from 'tap'
import type { Api } from '../helpers/api.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService, type TestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const flood = 20

interface Tenant {
  readonly account: string
  readonly path: string
  readonly keyPath: string
  readonly api: Api
}

interface Scene extends TestService {
  readonly raw: Client
  readonly noisy: Tenant
  readonly quiet: Tenant
}

test('while one account occupies its share, other accounts and every verification are served', async (t) => {
  const { root, raw, noisy, quiet, logLines } = await startScene(t)
  const own = await newKey(root, noisy.account)
  const other = await newKey(root, quiet.account)
  await raw.query(`begin; select from account where id = '${noisy.account}' for update`)
  const acts = Array.from({ length: flood }, (_, index) =>
    noisy.api.post(`${noisy.path}/roles`, { name: `role ${index}`, permissions: [] }),
  )
  await untilBlocked(raw)
  await untilWaiting(root)

  t.equal((await root.verify(other.token)).valid, true, 'a first verification of another account')
  t.equal((await root.verify(own.token)).valid, true, 'a first verification of the same account')
  t.equal((await quiet.api.get(`${quiet.path}/api-keys`)).status, 200, 'a list')
  const created = await quiet.api.post(`${quiet.path}/roles`, { name: 'new', permissions: [] })
  t.equal(created.status, 201, 'an act')
  t.equal((await root.get('/readyz')).status, 200)
  const { management, verification } = await sessionsByPool(raw)
  t.ok(management.blocked <= 4, `${management.blocked} connections wait for the lock`)
  t.equal(verification.blocked, 0)
  t.ok(management.open + verification.open <= 10, 'DATABASE_POOL_MAX bounds the sum')

  await raw.query('commit')
  for (const { status } of await Promise.all(acts)) t.equal(status, 201)
  t.notOk(logLines.some((line) => line.includes('the database is unavailable')))
})

test('an account that fills the queue gets 503 overloaded, and another account is served', async (t) => {
  const { root, raw, noisy, quiet } = await startScene(t, { DATABASE_QUEUE_MAX: '6' })
  await raw.query(`begin; select from account where id = '${noisy.account}' for update`)
  let refused = 0
  const acts = Array.from({ length: flood }, async (_, index) => {
    const answer = await noisy.api.post(`${noisy.path}/roles`, {
      name: `role ${index}`,
      permissions: [],
    })
    if (answer.status === 503) refused += 1
    return answer
  })
  await until(() => refused > 0)
  await untilBlocked(raw)
  t.equal((await quiet.api.get(`${quiet.path}/api-keys`)).status, 200)
  const created = await quiet.api.post(`${quiet.path}/roles`, { name: 'new', permissions: [] })
  t.equal(created.status, 201)
  t.equal((await root.verify((await newKey(root, quiet.account)).token)).valid, true)

  await raw.query('commit')
  for (const answer of await Promise.all(acts)) {
    if (answer.status === 201) continue
    assertProblem(t, answer, { status: 503, code: 'overloaded' }, 'beyond the queue')
    t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
  }
})

test('long reads of one account leave connections for short requests of the account', async (t) => {
  const { raw, noisy, quiet } = await startScene(t)
  await raw.query('begin; lock table audit_event in access exclusive mode')
  const reads = Array.from({ length: flood }, () => noisy.api.get(`${noisy.path}/audit-events`))
  await untilBlocked(raw)
  t.equal((await noisy.api.get(noisy.keyPath)).status, 200, 'a short read of the account')
  t.equal((await quiet.api.get(`${quiet.path}/roles`)).status, 200, 'a list of another account')
  const { management } = await sessionsByPool(raw)
  t.equal(management.blocked, 1, 'one long read of an account runs at once')
  await raw.query('commit')
  for (const { status } of await Promise.all(reads)) t.equal(status, 200)
})

test('a long read ends by a time limit of its own', async (t) => {
  const { raw, noisy } = await startScene(t, { DATABASE_LONG_READ_TIMEOUT_MS: '200' })
  await raw.query('begin; lock table audit_event in access exclusive mode')
  const answer = await noisy.api.get(`${noisy.path}/audit-events`)
  assertProblem(
    t,
    answer,
    { status: 503, code: 'unavailable' },
    'while DATABASE_STATEMENT_TIMEOUT_MS is 60 s',
  )
  t.match(answer.body.detail, 'DATABASE_LONG_READ_TIMEOUT_MS')
  await raw.query('commit')
  t.equal((await noisy.api.get(`${noisy.path}/audit-events`)).status, 200)
})

test('a first use that waits for a lock on its key delays no other first use', async (t) => {
  const { root, raw, noisy, quiet } = await startScene(t)
  const locked = await newKey(root, noisy.account)
  const free = await newKey(root, quiet.account)
  await raw.query(`begin; select from credential where api_key_id = '${locked.id}' for update`)
  const first = root.verify(locked.token)
  await untilBlocked(raw)
  t.equal((await root.verify(free.token)).valid, true)
  await raw.query('commit')
  t.equal((await first).valid, true)
})

async function startScene(t: Test, settings: Record<string, string> = {}): Promise<Scene> {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const raw = await connectRaw(t, database.url)
  const service = await startTestService(t, { database, settings })
  const tenant = async (name: string): Promise<Tenant> => {
    const account = await newAccount(service.root, name)
    const { id, token } = await newKey(service.root, account)
    const api = service.as(token)
    await api.get('/v1/me')
    const path = `/v1/accounts/${account}`
    return { account, path, keyPath: `${path}/api-keys/${id}`, api }
  }
  return { ...service, raw, noisy: await tenant('Noisy'), quiet: await tenant('Quiet') }
}

async function untilWaiting(root: Api): Promise<void> {
  await until(async () => {
    const { text } = await root.get('/metrics')
    return /^aeon_keys_pool_waiting [1-9]/m.test(text)
  })
}

interface PoolSessions {
  readonly open: number
  readonly blocked: number
}

async function sessionsByPool(
  raw: Client,
): Promise<{ readonly management: PoolSessions; readonly verification: PoolSessions }> {
  await raw.query('select pg_stat_clear_snapshot()')
  const { rows } = await raw.query<{ name: string; open: number; blocked: number }>(`
    select application_name as name, count(*)::int as open,
      (count(*) filter (where wait_event_type = 'Lock'))::int as blocked
    from pg_stat_activity where datname = current_database() group by 1`)
  const of = (name: string) => rows.find((row) => row.name === name) ?? { open: 0, blocked: 0 }
  return { management: of('aeon-keys'), verification: of('aeon-keys verification') }
}
