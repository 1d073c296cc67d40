import { sql } from 'kysely'
import type { Client } from 'pg'
import t, { type Test } from 'tap'
import { noUsage } from '../../src/domain/key/usage-counts.ts'
import { UsageBuffer } from '../../src/verification/usage-buffer.ts'
import type { Json } from '../helpers/api.ts'
import { createTestDatabase, openTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw, heat } from '../helpers/instances.ts'
import { insertManyKeys } from '../helpers/many-keys.ts'
import { countStatements, startDatabaseProxy } from '../helpers/proxy.ts'
import { startTestService } from '../helpers/service.ts'

/** Statements of pools; the feed has connections of its own. */
let statements = 0

t.test('a hot verification sends the database nothing, and its use is counted', async (t) => {
  const { database, url } = await startCounted(t)
  const started = await startTestService(t, { database: { ...database, url } })
  const { root, service } = started
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)
  await heat(started, token)
  await service.deps.uses.flush(service.deps.db)
  statements = 0
  for (let use = 0; use < 100; use += 1) t.equal((await root.verify(token)).valid, true)
  t.equal(statements, 0)
  const before = (await root.get(`/v1/accounts/${account}/api-keys/${id}`)).body.api_key.use_count
  statements = 0
  await service.deps.uses.flush(service.deps.db)
  t.equal(statements, 1, 'however many keys and uses')
  const { body } = await root.get(`/v1/accounts/${account}/api-keys/${id}`)
  t.equal(body.api_key.use_count, before + 100)
})

t.test('the uses of 10,000 keys are written by one statement', async (t) => {
  const count = 10_000
  const { database, url } = await startCounted(t)
  const raw = await connectRaw(t, database.url)
  const now = new Date()
  await insertManyKeys(raw, count, now)
  await raw.query('truncate api_key_usage')
  const { rows } = await raw.query<{ id: string; accountId: string; createdAt: Date }>(
    `select id, account_id as "accountId", created_at as "createdAt" from api_key order by random() limit $1`,
    [count],
  )
  const { db } = openTestDatabase(url)
  t.teardown(() => db.destroy())
  await sql`select 1`.execute(db)
  const uses = new UsageBuffer()
  for (const label of ['all of them new', 'all of them there already']) {
    for (const key of rows) uses.record(noUsage(key, key.createdAt), now)
    statements = 0
    const startedAt = performance.now()
    await uses.flush(db)
    const tookMs = performance.now() - startedAt
    t.comment(`${label}: ${tookMs.toFixed(0)} ms`)
    t.equal(statements, 1, label)
  }
  const { rows: sums } = await raw.query(
    'select count(*)::int as keys, sum(use_count)::int as uses from api_key_usage',
  )
  t.same(sums, [{ keys: rows.length, uses: 2 * rows.length }])
  t.same(await agreeingUses(raw), { rows: count, agreeing: count })
})

t.test('each use record agrees with its key in time', async (t) => {
  const count = 200
  const { database, url } = await startCounted(t)
  const raw = await connectRaw(t, database.url)
  await insertManyKeys(raw, count, new Date())
  const { db } = openTestDatabase(url)
  t.teardown(() => db.destroy())
  const { rows } = await raw.query(
    'select id, account_id as "accountId", created_at as "createdAt" from api_key',
  )
  const uses = new UsageBuffer()
  for (const time of ['2026-11-23T23:59:59.999Z', new Date().toISOString()]) {
    for (const key of rows) uses.record(noUsage(key, key.createdAt), new Date(time))
    await uses.flush(db)
    t.same(await agreeingUses(raw), { rows: count, agreeing: count })
  }
})

/** How many uses are stored, and of how many the index has what their key and their time say. */
async function agreeingUses(raw: Client): Promise<Json> {
  const { rows } = await raw.query(`
    select count(*)::int as rows, count(*) filter (
      where used.created_at = api_key.created_at
        and last_used_day = (last_used_at at time zone 'UTC')::date)::int as agreeing
    from api_key_usage as used join api_key on id = api_key_id`)
  return rows[0]
}

/** A database of its own, and a way to it by which statements are counted. */
async function startCounted(t: Test): Promise<{ database: TestDatabase; url: string }> {
  const database = await createTestDatabase()
  const proxy = await startDatabaseProxy(database.url, (bytes, application) => {
    if (application !== 'aeon-keys feed') statements += countStatements(bytes)
    return 'pass'
  })
  t.teardown(async () => {
    await proxy.close()
    await database.drop()
  })
  return { database, url: proxy.url }
}
