/** What an instance waits for between its registration and its first lease. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw, heat, registered, startInstances } from '../helpers/instances.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const settings = { POLL_INTERVAL_MS: '20', MAX_STALENESS_MS: '600000' }
const failureTimeoutMs = 1.25 * 0.9 * 600_000

t.test('an instance that waits for another one to learn of it holds no lease', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const raw = await connectRaw(t, database.url)
  const silent = randomUUID()
  const first = await startTestService(t, { database, settings })
  const account = await newAccount(first.root)
  const key = await newKey(first.root, account)
  await raw.query(
    `insert into instance (id, applied, beat, started_at, max_staleness_ms)
     select $1, value, 0, now(), 600000 from revision`,
    [silent],
  )
  for (const end of ['the other one has applied its registration', 'the other one is evicted']) {
    await t.test(
      `an instance without a lease verifies by reading the database until ${end}`,
      async (t) => {
        const late = await startTestService(t, { database, settings, rootToken: first.rootToken })
        const { deps } = late.service
        const { cycles } = deps.feed
        await until(() => deps.feed.cycles > cycles + 3)
        await until(() => late.logLines.some((line) => line.includes('no lease yet')))
        t.equal(deps.cache.isLeaseExpired(), true)
        const { credentialReads } = deps.counters
        for (let asked = 0; asked < 2; asked += 1) {
          t.equal((await late.root.verify(key.token)).valid, true)
        }
        t.ok(deps.counters.credentialReads >= credentialReads + 2, 'nothing comes from memory')
        t.equal((await late.root.get('/readyz')).status, 200)
        t.equal(
          first.service.deps.cache.isLeaseExpired(),
          false,
          'those before it are not disturbed',
        )
        if (end.endsWith('evicted')) late.moment.monotonicMs += failureTimeoutMs
        else
          await raw.query('update instance set applied = value from revision where id = $1', [
            silent,
          ])
        await until(() => !deps.cache.isLeaseExpired())
        await heat(late, key.token)
        const isThere = (await registered(raw)).some(({ id }) => id === silent)
        t.equal(isThere, !end.endsWith('evicted'))
        t.match(
          late.logLines.filter((line) => line.includes('no lease yet')),
          [/Another instance has not applied the registration of this one yet/],
        )
      },
    )
  }
})

t.test('a registration takes a revision that leaves every cache entry alone', async (t) => {
  const { raw, database, services } = await startInstances(t, settings)
  const [first] = services
  const key = await newKey(first.root, await newAccount(first.root))
  for (const service of services) await heat(service, key.token)
  const reads = services.map(({ service }) => service.deps.counters.credentialReads)
  const known = new Set((await registered(raw)).map(({ id }) => id))
  const late = await startTestService(t, { database, settings, rootToken: first.rootToken })
  await until(() => !late.service.deps.cache.isLeaseExpired())
  const row = (await registered(raw)).find(({ id }) => !known.has(id))
  const { rows } = await raw.query(
    'select kind, revision from change where subject = $1 order by revision',
    [row?.id],
  )
  t.match(rows, [{ kind: 'instance' }])
  for (const { applied } of await registered(raw)) {
    t.ok(applied >= Number(rows[0]?.revision), 'with its lease, every other one has applied it')
  }
  t.notOk(
    late.logLines.some((line) => line.includes('no lease yet')),
    'that is no event',
  )
  for (const { root } of services) t.equal((await root.verify(key.token)).valid, true)
  t.same(
    services.map(({ service }) => service.deps.counters.credentialReads),
    reads,
  )
})
