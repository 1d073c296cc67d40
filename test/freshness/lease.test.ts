import t, { type Test } from 'tap'
import { sealJwtForm } from '../../src/domain/token/jwt-form.ts'
import { deriveTagKey, type TagKey } from '../../src/domain/token/tag.ts'
import { formatToken, parseToken, type Token } from '../../src/domain/token/token.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import { verify } from '../../src/verification/verify.ts'
import type { Json } from '../helpers/api.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw, heat, pollsTooLate, registered } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { assertProblem } from '../helpers/problems.ts'
import { type DatabaseProxy, startDatabaseProxy } from '../helpers/proxy.ts'
import { startTestService, type TestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** 0.9 of the default MAX_STALENESS_MS. */
const leaseMs = 27_000

const unavailable = { status: 503, code: 'unavailable' }
/** As many as may wait for a read at once. */
const maxReads = 5_000

interface Leased {
  readonly service: TestService
  readonly raw: Awaited<ReturnType<typeof connectRaw>>
  readonly proxy: DatabaseProxy
  readonly account: string
  /** While set, the connections of sync cycles and listeners are cut, and the pool's are not. */
  readonly feed: { isCut: boolean }
}

t.test('verification lasts as long as the lease while the database is unreachable', async (t) => {
  const leased = await startLeased(t)
  const { service, proxy, account, raw } = leased
  const { root, moment } = service
  const { cache } = service.service.deps
  const hot = await newKey(root, account)
  const cold = await newKey(root, account)
  const revoked = await newKey(root, account)
  await root.post(`/v1/accounts/${account}/api-keys/${revoked.id}/revoke`)
  await root.verify(revoked.token)
  await heat(service, hot.token)
  const unknown = await insertByNewTagKey(leased)
  let unresponsiveSince = 0
  proxy.cut()
  // A lease that expires before any sync cycle failed expires for no cause.
  await until(() => logged(service, 'a sync cycle of the change feed failed').length > 0)

  await t.test(
    'hot keys are verified without the database for as long as the lease lasts',
    async (t) => {
      t.equal((await root.verify(hot.token)).valid, true)
      moment.monotonicMs += leaseMs - 5_000
      t.equal((await root.verify(hot.token)).valid, true)
      t.match(await root.verify(revoked.token), { valid: false, reason: 'revoked' })
      t.match(await root.get('/readyz'), { status: 200, body: { lease: 'held' } })
      t.match(await root.verify(unknown.token.text), { valid: false, reason: 'not_found' })
      const answer = await root.post('/v1/verify', { token: cold.token })
      assertProblem(t, answer, unavailable, 'a cold one')
    },
  )

  await t.test(
    'past the lease and without the database every verification is 503, none is a denial',
    async (t) => {
      unresponsiveSince = performance.now()
      moment.monotonicMs += 5_000
      t.equal(cache.isLeaseExpired(), true)
      for (const [told, token] of [
        ['hot', hot.token],
        ['cold', cold.token],
        ['revoked', revoked.token],
        ['of a tag key that is new', unknown.token.text],
        ['of one that is new, as a JWT', unknown.jwt],
      ] as const) {
        // Called within: over HTTP the caller's own key would be the first that cannot be judged.
        const { deps } = service.service
        const attempt = { address: undefined, permissions: [], accountId: undefined }
        await t.rejects(async () => verify(deps, token, attempt), told)
        const answer = await root.post('/v1/verify', { token })
        assertProblem(t, answer, unavailable, told)
        t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
        assertProblem(t, await service.as(token).get('/v1/me'), unavailable, `a ${told} caller`)
      }
      assertProblem(t, await root.get('/readyz'), unavailable, '/readyz')
      await until(() => logged(service, 'the lease expired').length > 0)
      const [lapsed] = logged(service, 'the lease expired')
      t.ok(lapsed?.cause, `the log says why: ${lapsed?.cause}`)
      t.equal(lapsed?.instance, (await registered(raw))[0]?.id)
    },
  )

  await t.test(
    'verification recovers by itself when the database is reachable again',
    async (t) => {
      proxy.restore()
      await until(() => !cache.isLeaseExpired())
      const expiredMs = performance.now() - unresponsiveSince
      t.match(await root.get('/readyz'), { status: 200, body: { lease: 'held' } })
      for (const token of [hot.token, cold.token]) {
        t.equal((await root.verify(token)).valid, true)
      }
      t.match(await root.verify(revoked.token), { valid: false, reason: 'revoked' })
      await until(() => logged(service, 'lease acquired again').length > 0)
      const [first, again, ...more] = logged(service, 'lease acquired')
      t.same([first?.expired_ms, more], [undefined, []])
      const most = expiredMs + 5_000
      t.ok(
        again?.expired_ms >= 0 && again?.expired_ms < most,
        `expired for ${again?.expired_ms} ms`,
      )
    },
  )

  await t.test('the log reports each new cause of failed sync cycles once', async (t) => {
    const [recovered, ...more] = logged(service, 'the sync cycles of the change feed succeed again')
    t.same(more, [])
    t.ok(recovered?.failures >= 2, `${recovered?.failures} sync cycles failed`)
    t.ok(recovered?.failing_ms > 0)
    const failed = logged(service, 'a sync cycle of the change feed failed')
    const causes = failed.map(({ err }) => err.message)
    t.ok(causes.length >= 1 && causes.length <= recovered?.failures, causes.join('; '))
    t.equal(new Set(causes).size, causes.length, 'each cause once')
  })
})

t.test('with an expired lease verification reads a database that answers', async (t) => {
  const leased = await startLeased(t)
  const { service, account, raw, feed } = leased
  const { root, moment } = service
  const { deps } = service.service
  const keys = await Promise.all(Array.from({ length: 5 }, () => newKey(root, account)))
  for (const { token } of keys) await heat(service, token)
  const cold = await newKey(root, account)
  feed.isCut = true
  moment.monotonicMs += leaseMs
  t.match(await root.get('/readyz'), { status: 200, body: { lease: 'lapsed' } })

  await t.test('the metrics show an expired lease', async (t) => {
    t.equal(await metric(service, 'leases_expired'), 1)
    t.equal(await metric(service, 'lease_remaining_seconds'), 0)
    const lag = await metric(service, 'feed_lag_seconds')
    t.ok(lag >= leaseMs / 1000, `${lag} s since the last sync cycle`)
  })

  await t.test(
    'with an expired lease every verification reads the database, and none costs an Argon2',
    async (t) => {
      const { completed } = deps.hasher.queue
      for (let round = 0; round < 2; round += 1) {
        for (const { token } of keys) {
          const { credentialReads } = deps.counters
          t.equal((await root.verify(token)).valid, true)
          t.ok(deps.counters.credentialReads >= credentialReads + 2, 'the caller and the key')
        }
      }
      t.equal(deps.hasher.queue.completed, completed)
      t.equal((await root.verify(cold.token)).valid, true, 'a cold one is matched, of course')
      t.equal((await root.verify(cold.token)).valid, true)
      t.ok(deps.hasher.queue.completed <= completed + 2, 'and its digest is kept too')
    },
  )

  await t.test('with an expired lease a change by anybody takes effect at once', async (t) => {
    const [{ id, token } = cold] = keys
    await raw.query('update api_key set disabled_at = now() where id = $1', [id])
    t.match(await root.verify(token), { valid: false, reason: 'disabled' })
    await raw.query('update api_key set disabled_at = null where id = $1', [id])
    t.equal((await root.verify(token)).valid, true)
  })

  await t.test('with an expired lease concurrent verifications share few reads', async (t) => {
    const { credentialReads } = deps.counters
    const { completed } = deps.hasher.queue
    await raw.query('begin; lock table credential in access exclusive mode')
    const first = root.verify(keys[0]?.token ?? '')
    await untilBlocked(raw)
    const answers = Array.from({ length: 200 }, (_, index) =>
      root.verify(keys[index % keys.length]?.token ?? ''),
    )
    await raw.query('commit')
    for (const verdict of await Promise.all([first, ...answers])) t.equal(verdict.valid, true)
    const reads = deps.counters.credentialReads - credentialReads
    t.ok(reads <= 20, `${reads} statements for 402 verifications`)
    t.equal(deps.hasher.queue.completed, completed)
  })

  await t.test(
    'with an expired lease an unknown tag is looked up in the stored ring before it is denied',
    async (t) => {
      const unknown = await insertByNewTagKey(leased)
      t.equal((await root.verify(unknown.token.text)).valid, true)
      const again = await insertByNewTagKey(leased)
      t.equal((await root.verify(again.jwt)).valid, true, 'that of a JWT too')
      const forged = tokenOf(deps, deriveTagKey('forged', deps.randomBytes(32)))
      t.match(await root.verify(forged.text), { valid: false, reason: 'not_found' })
    },
  )

  await t.test(
    'with an expired lease concurrent forgeries share few reads of the ring',
    async (t) => {
      const forged = deriveTagKey('forged', deps.randomBytes(32))
      await raw.query('begin; lock table tag_key in access exclusive mode')
      const verdicts = Array.from({ length: 200 }, () =>
        judged(service, tokenOf(deps, forged).text),
      )
      await untilBlocked(raw)
      t.equal((await root.verify(keys[0]?.token ?? '')).valid, true, 'good keys are not held up')
      const { rowCount } = await raw.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      t.equal(rowCount, 1)
      await raw.query('commit')
      for (const verdict of await Promise.all(verdicts)) t.match(verdict, { reason: 'not_found' })
    },
  )

  await t.test(
    'with an expired lease more waiting reads than allowed are 503 and not denials',
    async (t) => {
      await raw.query('begin; lock table credential in access exclusive mode')
      const asked = Array.from({ length: maxReads }, () =>
        judged(service, tokenOf(deps, deps.keyring.signing).text).catch((error: unknown) => error),
      )
      await untilBlocked(raw)
      const refused = await root.post('/v1/verify', { token: cold.token })
      assertProblem(t, refused, { status: 503, code: 'overloaded' }, 'one more')
      t.match(refused.headers['retry-after'], /^[1-9]\d*$/)
      await raw.query('commit')
      const told = await Promise.all(asked)
      t.ok(told.every((verdict) => reasonOf(verdict) === 'not_found'))
      t.equal((await root.verify(cold.token)).valid, true)
    },
  )

  await t.test('verification is answered from memory again when the feed is back', async (t) => {
    feed.isCut = false
    await until(() => !deps.cache.isLeaseExpired())
    for (const { token } of keys) {
      await heat(service, token)
      t.equal((await root.verify(token)).valid, true)
    }
    const { rows } = await raw.query('select value from revision')
    await until(async () => (await metric(service, 'revision_applied')) === Number(rows[0]?.value))
    t.equal(await metric(service, 'leases_expired'), 0)
    t.ok((await metric(service, 'lease_remaining_seconds')) > 5)
    t.ok((await metric(service, 'feed_lag_seconds')) < 20)
    t.ok((await metric(service, 'sync_cycles_total')) > 1)
  })

  await t.test('a read invalidated in flight is counted as a stale load', async (t) => {
    const before = await metric(service, 'stale_loads_total')
    const key = await newKey(root, account)
    await raw.query('begin; lock table credential in access exclusive mode')
    const verifying = root.verify(key.token)
    await untilBlocked(raw)
    deps.cache.clear()
    await raw.query('commit')
    t.equal((await verifying).valid, true, 'its own read may answer it')
    t.ok((await metric(service, 'stale_loads_total')) > before)
  })
})

t.test('an instance that gets no lease at its start logs the cause', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  let isCut = true
  const proxy = await startDatabaseProxy(database.url, (_bytes, application) =>
    isCut && application === 'aeon-keys feed' ? 'cut before' : 'pass',
  )
  t.teardown(() => proxy.close())
  const service = await startTestService(t, {
    database: { ...database, url: proxy.url },
    settings: { POLL_INTERVAL_MS: '20' },
  })
  const { root } = service
  t.equal(service.service.deps.cache.isLeaseExpired(), true)
  const key = await newKey(root, await newAccount(root))
  t.equal((await root.verify(key.token)).valid, true, 'it reads the database')
  const [told, ...more] = logged(service, 'no lease yet')
  t.match(told, { level: 'warn', cause: /ECONNRESET|terminated|socket hang up/ })
  t.same(more, [])
  isCut = false
  await until(() => logged(service, 'lease acquired again').length === 1)
  t.equal(logged(service, 'the lease expired').length, 0)
})

t.test('no step of the wall clock extends a lease', async (t) => {
  // No sync cycle comes by itself here: the lease of the start is the only one.
  const { service, account, feed } = await startLeased(t, {
    CHANGE_FEED: 'poll',
    ...pollsTooLate,
  })
  const leaseMs = 0.9 * Number(pollsTooLate.MAX_STALENESS_MS)
  const marginMs = 60_000
  const { root, moment } = service
  const { cache } = service.service.deps
  const key = await newKey(root, account)
  await heat(service, key.token)
  // Nor does a poll on a machine that needs a minute for what follows.
  feed.isCut = true
  const hour = 3_600_000
  for (const [monotonicMs, wallMs, holds] of [
    [0, 0, true],
    [leaseMs - marginMs, 0, true],
    [0, leaseMs - marginMs, true],
    [leaseMs, 0, false],
    [0, leaseMs, false],
    [0, hour, false],
    [0, -hour, false],
    [leaseMs, -hour, false],
    [leaseMs, -marginMs, false],
    [leaseMs - marginMs, hour, false],
    [100 * leaseMs, -100 * leaseMs, false],
    [0, 0, true],
  ] as const) {
    Object.assign(moment, { monotonicMs, wallMs })
    const told = `${monotonicMs} ms later, ${wallMs} ms by the wall clock`
    t.equal(!cache.isLeaseExpired(), holds, told)
    t.match((await root.get('/readyz')).body, { lease: holds ? 'held' : 'lapsed' })
    t.equal((await root.verify(key.token)).valid, true)
  }
  feed.isCut = false
  for (const wallMs of [hour, -hour]) {
    Object.assign(moment, { monotonicMs: 0, wallMs })
    const revoked = await root.post(
      `/v1/accounts/${account}/api-keys/${(await newKey(root, account)).id}/revoke`,
    )
    t.equal(revoked.body.receipt.state, 'complete')
    t.equal(cache.isLeaseExpired(), false, 'and a sync cycle under the new time begins a new one')
  }
})

async function startLeased(
  t: Test,
  settings: Readonly<Record<string, string>> = {},
): Promise<Leased> {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const feed = { isCut: false }
  const proxy = await startDatabaseProxy(database.url, (_bytes, application) =>
    feed.isCut && application === 'aeon-keys feed' ? 'cut before' : 'pass',
  )
  t.teardown(() => proxy.close())
  const raw = await connectRaw(t, database.url)
  const service = await startTestService(t, {
    database: { ...database, url: proxy.url },
    settings: { POLL_INTERVAL_MS: '20', ...settings },
  })
  return { service, raw, proxy, account: await newAccount(service.root), feed }
}

/** A key whose token was signed by a tag key that this instance has not read, in both forms. */
async function insertByNewTagKey({
  service,
  account,
  raw,
}: Leased): Promise<{ readonly token: Token; readonly jwt: string }> {
  const { deps } = service.service
  const key = deps.randomBytes(32)
  const { rows } = await raw.query(
    `insert into tag_key (id, key, signs, created_at)
     values (gen_random_uuid(), $1, false, now()) returning id`,
    [key],
  )
  const id = String(rows[0]?.id)
  const tagKey = deriveTagKey(id, key)
  const issued = await newKey(service.root, account)
  const parsed = parseToken(issued.token)
  if (parsed === undefined) throw new Error('no token was issued')
  const token = formatToken({
    prefix: 'aeon',
    keyId: issued.id,
    secret: deps.randomBytes(32),
    tagKey,
  })
  service.canaries.addToken(token.text)
  const { hash, hashProfile } = await deps.hasher.hash(account, token.secret)
  await raw.query(
    `insert into credential (api_key_id, generation, tag, tag_key_id, hash, hash_profile, created_at)
     values ($1, 2, $2, $3, $4, $5, now())`,
    [issued.id, token.tag, id, hash, hashProfile],
  )
  return { token, jwt: sealJwtForm({ token, issuedAt: new Date(), expiresAt: null, tagKey }) }
}

/** The token of a key that does not exist. */
function tokenOf(deps: TestService['service']['deps'], tagKey: TagKey): Token {
  const keyId = uuidV7(Date.now(), deps.randomBytes(10))
  return formatToken({ prefix: 'aeon', keyId, secret: deps.randomBytes(32), tagKey })
}

/** The value of one of the service's own metrics. */
async function metric({ root }: TestService, name: string): Promise<number> {
  const { text } = await root.get('/metrics')
  return Number(new RegExp(`^aeon_keys_${name} (\\S+)$`, 'm').exec(text)?.[1])
}

/** The lines of the log with such a message. */
function logged({ logLines }: TestService, message: string): Json[] {
  return logLines
    .map((line): Json => JSON.parse(line))
    .filter((line) => line.message.includes(message))
}

/** What the service says of a token, without HTTP and so without a caller. */
async function judged({ service }: TestService, token: string) {
  const attempt = { address: undefined, permissions: [], accountId: undefined }
  return verify(service.deps, token, attempt)
}

function reasonOf(verdict: unknown): unknown {
  return verdict instanceof Object && 'reason' in verdict ? verdict.reason : verdict
}
