import t, { type Test } from 'tap'
import { formatToken } from '../../src/domain/token/token.ts'
import type { Answer, Api } from '../helpers/api.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import {
  connectRaw,
  heat,
  pollsTooLate,
  registered,
  startInstances,
  writeRevision,
} from '../helpers/instances.ts'
import { startDatabaseProxy } from '../helpers/proxy.ts'
import { startTestService, type TestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Long enough that a failure timeout ends when a test moves its clocks, and not before. */
const maxStalenessMs = 600_000
const failureTimeoutMs = 1.25 * 0.9 * maxStalenessMs

t.test('the change feed reconnects when its connections end, and misses no change', async (t) => {
  // What is heard of was announced, or asked for after a reconnection.
  const { raw, services } = await startInstances(t, pollsTooLate)
  const [{ root }] = services
  const account = await newAccount(root)
  const listeners = async () => {
    const { rowCount } = await raw.query(`select from pg_stat_activity
      where datname = current_database() and query = 'listen aeon_keys_change'`)
    return rowCount
  }
  const terminate = (condition: string) =>
    raw.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'aeon-keys feed' and ${condition}`)
  await until(async () => (await listeners()) === services.length)
  for (const [told, condition] of [
    ['the listeners', `query = 'listen aeon_keys_change'`],
    ['the sync cycles', `query <> 'listen aeon_keys_change'`],
    ['both', 'true'],
  ] as const) {
    await t.test(`the change feed misses nothing when connections of ${told} end`, async (t) => {
      const key = await newKey(root, account)
      for (const service of services) await heat(service, key.token)
      t.ok(((await terminate(condition)).rowCount ?? 0) >= services.length)
      requireComplete(t, await revoke(root, account, key.id))
      for (const { root } of services) {
        t.match(await root.verify(key.token), { valid: false, reason: 'revoked' })
      }
      await until(async () => (await listeners()) === services.length)
    })
  }
  t.equal((await registered(raw)).length, services.length, 'nobody had to register anew')
})

t.test('with DATABASE_LISTEN_URL the listener bypasses the pooler', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  let listened = 0
  const pooler = await startDatabaseProxy(database.url, (bytes) => {
    if (bytes.includes('listen aeon_keys_change')) listened += 1
    return 'pass'
  })
  t.teardown(() => pooler.close())
  const { service } = await startTestService(t, {
    database: { ...database, url: pooler.url },
    settings: { DATABASE_LISTEN_URL: database.url, ...pollsTooLate },
  })
  const raw = await connectRaw(t, database.url)
  await until(async () => {
    await raw.query('select pg_stat_clear_snapshot()')
    const { rowCount } = await raw.query(`select from pg_stat_activity
      where datname = current_database() and query = 'listen aeon_keys_change'`)
    return rowCount === 1
  })
  const { revision } = await writeRevision(raw, 'everything')
  await until(() => service.deps.freshness.applied === revision)
  t.equal(listened, 0, 'the pooler saw no LISTEN')
})

t.test('a listener that is refused retries with growing pauses', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const refusedAt: number[] = []
  const proxy = await startDatabaseProxy(database.url, (bytes) => {
    if (!bytes.includes('listen aeon_keys_change')) return 'pass'
    refusedAt.push(performance.now())
    return 'cut before'
  })
  t.teardown(() => proxy.close())
  const behind = { ...database, url: proxy.url }
  const { root } = await startTestService(t, {
    database: behind,
    settings: { POLL_INTERVAL_MS: '20' },
  })
  const account = await newAccount(root)
  const { id } = await newKey(root, account)
  // The sync cycles go on meanwhile, and none of them shortens a pause.
  while (refusedAt.length < 5) await root.get(`/v1/accounts/${account}`)
  const pauses = refusedAt.slice(1).map((at, index) => at - (refusedAt[index] ?? 0))
  for (const [index, pause] of pauses.entries()) {
    const least = 100 * 2 ** index
    t.ok(pause >= least - 1, `${Math.round(pause)} ms before try ${index + 2}, ${least} at least`)
  }
  requireComplete(t, await revoke(root, account, id))
})

t.test('a feed connection that stops answering right after it is made is given up', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  let isStalling = false
  let stalled = 0
  const proxy = await startDatabaseProxy(database.url, (bytes, application) => {
    if (!isStalling || application !== 'aeon-keys feed') return 'pass'
    // The start-up is answered; the first statement is not.
    if (bytes.includes('application_name')) return 'pass'
    stalled += 1
    return 'stall'
  })
  t.teardown(() => proxy.close())
  const service = await startTestService(t, {
    database: { ...database, url: proxy.url },
    // A sync cycle has a second, which it has on a busy machine too, and the lease lapses soon.
    settings: { POLL_INTERVAL_MS: '20', MAX_STALENESS_MS: '6000' },
  })
  const { deps } = service.service
  const { token } = await newKey(service.root, await newAccount(service.root))
  isStalling = true
  await until(() => stalled >= 4)
  await until(() => deps.cache.isLeaseExpired())
  t.equal((await service.root.verify(token)).valid, true, 'the pool answers all the while')
  isStalling = false
  await until(() => !deps.cache.isLeaseExpired())
})

t.test('changes that an instance cannot apply one by one empty its cache', async (t) => {
  const { raw, services } = await startInstances(t)
  const [first] = services
  const account = await newAccount(first.root)
  const key = await newKey(first.root, account)
  const bystander = await newKey(first.root, account)
  const skip = (count: number) =>
    raw.query(
      `with raised as (update revision set value = value + $1 returning value)
       insert into change (revision, ordinal, id, kind, created_at)
       select value, 0, gen_random_uuid(), 'tag_key', now() from raised returning pg_notify('aeon_keys_change', '')`,
      [count],
    )
  const events: readonly [string, () => Promise<unknown>][] = [
    ['a kind of change from a later version', () => writeRevision(raw, 'from_the_future')],
    ['a change of a key that names none', () => writeRevision(raw, 'key')],
    ['a row that is missing', () => skip(2)],
    ['a gap left by pruned rows', () => prune(20)],
  ]
  /** Raises the counter and prunes up to it in one transaction: instances miss what was between. */
  async function prune(count: number): Promise<void> {
    await raw.query('begin')
    await skip(count)
    await raw.query('update revision set floor = value - 1')
    await raw.query('delete from change using revision where revision <= floor')
    await raw.query('commit')
  }
  for (const [told, happen] of events) {
    await t.test(`${told} empties the cache of every instance`, async (t) => {
      for (const service of services) {
        for (const { token } of [key, bystander]) await heat(service, token)
      }
      const before = services.map(countersOf)
      await happen()
      await untilApplied(services, raw)
      for (const [index, service] of services.entries()) {
        for (const { token } of [key, bystander]) {
          t.equal((await service.root.verify(token)).valid, true)
        }
        const after = countersOf(service)
        t.ok(after.reads >= (before[index]?.reads ?? 0) + 2, 'each is read again')
        t.equal(after.hashes, before[index]?.hashes, 'and matched without Argon2')
      }
      t.equal((await registered(raw)).length, services.length)
    })
  }
  await t.test(
    'a change that an instance can apply leaves unrelated cache entries alone',
    async (t) => {
      for (const service of services) {
        for (const { token } of [key, bystander]) await heat(service, token)
      }
      const before = services.map(countersOf)
      await writeRevision(raw, 'key', key.id)
      await untilApplied(services, raw)
      for (const { root } of services) t.equal((await root.verify(bystander.token)).valid, true)
      t.same(services.map(countersOf), before)
    },
  )
})

t.test('instances detect a database with another history', async (t) => {
  const { raw, services } = await startInstances(t, {
    POLL_INTERVAL_MS: '20',
    MAX_STALENESS_MS: String(maxStalenessMs),
  })
  const [first] = services
  const account = await newAccount(first.root)
  const forks: readonly [string, () => Promise<unknown>][] = [
    [
      'has another change at the same revision',
      () =>
        raw.query(`update change set id = gen_random_uuid() from revision where revision = value`),
    ],
    [
      'lacks the latest revision',
      async () => {
        await revoke(first.root, account, (await newKey(first.root, account)).id)
        await untilApplied(services, raw)
        await raw.query(`with lowered as (update revision set value = value - 1 returning value)
          delete from change using lowered where revision > value`)
      },
    ],
    [
      'lost the latest revision and has newer ones',
      async () => {
        await revoke(first.root, account, (await newKey(first.root, account)).id)
        await untilApplied(services, raw)
        await raw.query('begin')
        await raw.query(`with lowered as (update revision set value = value - 1 returning value)
          delete from change using lowered where revision > value`)
        for (let made = 0; made < 3; made += 1) await writeRevision(raw, 'tag_key')
        await raw.query('commit')
      },
    ],
  ]
  for (const [told, fork] of forks) {
    await t.test(`instances start over on a database that ${told}`, async (t) => {
      const key = await newKey(first.root, account)
      for (const service of services) await heat(service, key.token)
      const ids = (await registered(raw)).map(({ id }) => id)
      const before = services.map(countersOf)
      const warned = services.map(({ logLines }) => warnings(logLines).length)
      await fork()
      await until(() =>
        services.every(({ logLines }, at) => warnings(logLines).length > (warned[at] ?? 0)),
      )
      await until(async () => {
        const rows = await registered(raw)
        return rows.length === ids.length && rows.every(({ id }) => !ids.includes(id))
      })
      await until(() => services.every(({ service }) => !service.deps.cache.isLeaseExpired()))
      for (const [index, service] of services.entries()) {
        t.equal((await service.root.verify(key.token)).valid, true)
        t.ok(countersOf(service).reads > (before[index]?.reads ?? 0), 'it starts clean')
      }

      const revoked = await revoke(first.root, account, key.id, 0)
      const { receipt } = revoked.body
      const path = `/v1/revisions/${receipt.revision}?id=${receipt.id}`
      const ask = async () => (await first.root.get(path)).body.receipt
      await until(async () => (await ask()).acknowledged === services.length)
      t.match(await ask(), { state: 'pending', waiting_for: [] })
      for (const { root } of services) {
        t.match(await root.verify(key.token), { valid: false, reason: 'revoked' })
      }
      for (const { moment } of services) moment.monotonicMs += failureTimeoutMs
      t.equal((await ask()).state, 'complete', 'when a failure timeout has passed')
      await until(() => services.every(({ service }) => !service.deps.cache.isLeaseExpired()))
      const next = await newKey(first.root, account)
      requireComplete(t, await revoke(first.root, account, next.id))
    })
  }
})

t.test('an instance acknowledges a new tag key only once it has read it', async (t) => {
  const { raw, services } = await startInstances(t)
  const [first] = services
  const { deps } = first.service
  const account = await newAccount(first.root)
  const key = await newKey(first.root, account)
  const { rows } = await raw.query(
    `insert into tag_key (id, key, signs, created_at)
     values (gen_random_uuid(), $1, false, now()) returning id`,
    [deps.randomBytes(32)],
  )
  await raw.query('begin; lock table tag_key in access exclusive mode')
  const other = await connectRaw(t, first.database.url)
  const { revision, id } = await writeRevision(other, 'tag_key')
  const path = `/v1/revisions/${revision}?id=${id}`
  const waiting = await first.root.get(`${path}&wait_ms=100`)
  t.match(waiting.body.receipt, { state: 'pending', acknowledged: 0 })
  t.equal(waiting.body.receipt.waiting_for.length, services.length)
  await raw.query('commit')
  const complete = await first.root.get(`${path}&wait_ms=30000`)
  t.match(complete.body.receipt, { state: 'complete', acknowledged: services.length })

  const tagKey = deps.keyring.keys.find((one) => one.id === rows[0]?.id)
  if (tagKey === undefined) throw new Error('the ring lacks the new key')
  const secret = deps.randomBytes(32)
  const token = formatToken({ prefix: 'aeon', keyId: key.id, secret, tagKey })
  first.canaries.addToken(token.text)
  const { hash, hashProfile } = await deps.hasher.hash(account, token.secret)
  await raw.query(
    `insert into credential (api_key_id, generation, tag, tag_key_id, hash, hash_profile, created_at)
     values ($1, 2, $2, $3, $4, $5, now())`,
    [key.id, token.tag, tagKey.id, hash, hashProfile],
  )
  for (const { root } of services) {
    t.equal((await root.verify(token.text)).valid, true, 'what it signs is good everywhere')
    t.equal((await root.verify(key.token)).valid, true, 'and what the old one signed')
  }
})

function revoke(api: Api, account: string, id: string, waitMs = 30_000): Promise<Answer> {
  return api.post(`/v1/accounts/${account}/api-keys/${id}/revoke`, { wait_ms: waitMs })
}

function requireComplete(t: Test, answer: Answer): void {
  t.match(answer, { status: 200, body: { receipt: { state: 'complete' } } })
}

function countersOf({ service }: TestService): { readonly reads: number; readonly hashes: number } {
  const { counters, hasher } = service.deps
  return { reads: counters.credentialReads, hashes: hasher.queue.completed }
}

/** Resolves once every instance has applied the latest revision, and says so. */
async function untilApplied(
  services: readonly TestService[],
  raw: Parameters<typeof registered>[0],
): Promise<void> {
  await until(async () => {
    const { rows } = await raw.query('select value from revision')
    const all = await registered(raw)
    return (
      all.length === services.length && all.every((row) => row.applied === Number(rows[0]?.value))
    )
  })
}

function warnings(logLines: readonly string[]): readonly string[] {
  return logLines.filter((line) => line.includes('the history of the database changed'))
}
