import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { RevisionRef } from '../../src/domain/protocol/revision-ref.ts'
import { pruneChanges } from '../../src/store/changes.ts'
import type { Answer, Api } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw, heat, registered, writeRevision } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { assertInvalid } from '../helpers/problems.ts'
import { startDatabaseProxy } from '../helpers/proxy.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** 1.25 of 0.9 of the default MAX_STALENESS_MS. */
const failureTimeoutMs = 33_750

const database = await createTestDatabase()
t.teardown(() => database.drop())
const raw = await connectRaw(t, database.url)
const settings = { POLL_INTERVAL_MS: '20' }
const started = await startCheckedService(t, { database, settings })
const { root, as, moment, service } = started
const account = await newAccount(root)
const keys = `/v1/accounts/${account}/api-keys`

t.test('every act that takes access away answers with a receipt', async (t) => {
  const key = await newKey(root, account)
  const role = await newRole(root, account, 'r', ['cluster:read'])
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const answers = [
    await root.post(`${keys}/${key.id}/disable`),
    await root.post(`${keys}/${key.id}/enable`),
    await root.post(`${keys}/${key.id}/revoke`),
    await root.put(`/v1/accounts/${account}/roles/${role}`, { name: 'r', permissions: [] }),
    await root.patch(`/v1/accounts/${account}/allow-lists/${list}`, { entries: ['10.0.0.1'] }),
  ]
  let last = 0
  for (const { status, body } of answers) {
    t.equal(status, 200)
    const { revision, id } = body.receipt
    t.same(body.receipt, {
      revision,
      id,
      state: 'complete',
      acknowledged: 1,
      live: 1,
      instances: { acknowledged: 1, live: 1 },
      edges: { acknowledged: 0, live: 0 },
      waiting_for: [],
      complete_by: null,
      complete_in_ms: null,
    })
    t.equal(revision, last === 0 ? revision : last + 1, 'one revision each, in order')
    last = revision
    const { rows } = await raw.query('select distinct id from change where revision = $1', [
      revision,
    ])
    t.same(rows, [{ id }])
  }
})

t.test('wait_ms is a whole number of milliseconds up to 30,000', async (t) => {
  const key = await newKey(root, account)
  const role = await newRole(root, account, 'w', [])
  const list = await newAllowList(root, account, ['10.0.0.0/8'], 'w')
  const before = await raw.query('select value from revision')
  const wrong: readonly [unknown, string][] = [
    [-1, 'minimum'],
    [30_001, 'maximum'],
    ['x', 'type'],
    [1.5, 'type'],
  ]
  for (const [value, rule] of wrong) {
    for (const verb of ['revoke', 'disable', 'enable']) {
      const answer = await root.post(`${keys}/${key.id}/${verb}`, { wait_ms: value })
      assertInvalid(t, answer, [['/wait_ms', rule]], `${verb} ${value}`)
    }
    const inQuery = [
      await root.put(`/v1/accounts/${account}/roles/${role}?wait_ms=${value}`, {
        name: 'w',
        permissions: [],
      }),
      await root.patch(`/v1/accounts/${account}/allow-lists/${list}?wait_ms=${value}`, {}),
      await root.get(`/v1/revisions/1?id=${randomUUID()}&wait_ms=${value}`),
    ]
    for (const answer of inQuery) assertInvalid(t, answer, [['/wait_ms', rule]], `query ${value}`)
  }
  t.same((await raw.query('select value from revision')).rows, before.rows, 'nothing was done')
  for (const value of [0, 30_000]) {
    const answer = await root.post(`${keys}/${key.id}/disable`, { wait_ms: value })
    t.equal(answer.status, 200)
    t.match(answer.body.receipt.state, /^(complete|pending)$/)
  }
})

t.test('a repeated revocation returns the receipt of the first', async (t) => {
  const key = await newKey(root, account)
  const first = await root.post(`${keys}/${key.id}/revoke`, { reason: 'first' })
  await root.post(`${keys}/${(await newKey(root, account)).id}/revoke`)
  const second = await root.post(`${keys}/${key.id}/revoke`, { reason: 'second' })
  t.same(second.body.receipt, first.body.receipt)
  t.equal(second.body.api_key.revocation_reason, 'first')

  t.test("two concurrent revocations both return the first one's receipt", async (t) => {
    const { id } = await newKey(root, account)
    const { rows } = await raw.query('select value from revision')
    await raw.query('begin; select from revision for update')
    const answers = [root.post(`${keys}/${id}/revoke`), root.post(`${keys}/${id}/revoke`)]
    await untilBlocked(raw, 2)
    await raw.query('commit')
    const [one, other] = await Promise.all(answers)
    t.equal(one?.body.receipt.revision, Number(rows[0]?.value) + 1)
    t.same(other?.body.receipt, one?.body.receipt)
    const changes = await raw.query('select from change where subject = $1', [id])
    t.equal(changes.rowCount, 1, 'it is one change')
  })
})

t.test('a receipt is returned to any caller who knows its revision and id', async (t) => {
  const tenant = as((await newKey(root, account, { role: 'viewer' })).token)
  const { body } = await root.post(`${keys}/${(await newKey(root, account)).id}/revoke`)
  const { revision, id } = body.receipt
  for (const asked of [id, id.toUpperCase()]) {
    const answer = await tenant.get(`/v1/revisions/${revision}?id=${asked}`)
    t.match(answer, { status: 200, body: { receipt: { revision, id, state: 'complete' } } })
  }
  const unknown: readonly [string, string][] = [
    [`${revision}?id=${randomUUID()}`, 'another id'],
    [`${revision + 1_000}?id=${id}`, 'one that was not reached'],
    [`999999999999999?id=${id}`, 'far from reached'],
    [`${'9'.repeat(40)}?id=${id}`, 'beyond all numbers'],
    [`0?id=${id}`, 'zero'],
    [`-1?id=${id}`, 'a negative one'],
    [`0${revision}?id=${id}`, 'another spelling'],
    [`x?id=${id}`, 'no number'],
  ]
  for (const [path, told] of unknown) {
    t.match(await tenant.get(`/v1/revisions/${path}`), { status: 404 }, told)
  }
  assertInvalid(t, await tenant.get(`/v1/revisions/${revision}`), [['/id', 'required']], 'no id')
  const notUuid = await tenant.get(`/v1/revisions/${revision}?id=x`)
  assertInvalid(t, notUuid, [['/id', 'format']], 'no UUID')
  t.equal((await as(undefined).get(`/v1/revisions/${revision}?id=${id}`)).status, 401)

  t.test('a receipt is returned after the change rows of its revision were pruned', async (t) => {
    const latest = await writeRevision(raw, 'tag_key')
    await pruneChanges(service.deps.db, new Date(Date.now() + 60_000))
    t.equal((await raw.query('select from change')).rowCount, 1, 'the last revision is kept')
    for (const asked of [{ revision, id }, latest]) {
      await until(async () => {
        const answer = await tenant.get(`/v1/revisions/${asked.revision}?id=${asked.id}`)
        return answer.status === 200 && answer.body.receipt.state === 'complete'
      })
    }
    const again = await root.post(`${keys}/${(await newKey(root, account)).id}/revoke`)
    t.equal(again.body.receipt.state, 'complete', 'and the feed goes on')
  })
})

t.test('the list of live instances is shown to the platform only', async (t) => {
  const { status, body } = await root.get('/v1/instances')
  t.equal(status, 200)
  const rows = await registered(raw)
  t.same(
    body.instances.map((one: { id: string; applied_revision: number }) => [
      one.id,
      one.applied_revision,
    ]),
    rows.map((row) => [row.id, row.applied]),
  )
  t.ok(Date.parse(body.instances[0].started_at) <= Date.now())
  const age = body.instances[0].lease_age_ms
  t.ok(Number.isInteger(age) && age >= 0 && age < 60_000, `its lease is ${age} ms old`)
  const tenant = as((await newKey(root, account)).token)
  t.match(await tenant.get('/v1/instances'), { status: 403, body: { code: 'permission_denied' } })
})

t.test('an instance that died holds receipts up until it is evicted', async (t) => {
  const dead = randomUUID()
  await insertInstance(dead)
  const { id } = await newKey(root, account)
  const revoked = await root.post(`${keys}/${id}/revoke`, { wait_ms: 0 })
  await until(async () => (await ask(root, revoked.body.receipt)).acknowledged === 1)
  await until(async () => {
    const { instances } = (await root.get('/v1/instances')).body
    return instances.find((one: { id: string }) => one.id === dead)?.lease_age_ms > 100
  })
  const receipt = await ask(root, revoked.body.receipt)
  t.test('a dead instance keeps receipts pending and is named in them', async (t) => {
    t.match(receipt, { state: 'pending', acknowledged: 1, live: 2, waiting_for: [dead] })
    t.ok(receipt.complete_in_ms > 0 && receipt.complete_in_ms <= failureTimeoutMs)
    const inMs = Date.parse(receipt.complete_by) - Date.now()
    t.ok(Math.abs(inMs - receipt.complete_in_ms) < 20_000, 'complete_by says the same')
  })
  t.test('a receipt that waits for a dead instance counts down its failure timeout', async (t) => {
    const later = await ask(root, receipt)
    t.ok(later.complete_in_ms < receipt.complete_in_ms)
    moment.monotonicMs += 20_000
    const muchLater = await ask(root, receipt)
    t.equal(muchLater.state, 'pending')
    t.ok(later.complete_in_ms - muchLater.complete_in_ms >= 20_000)
    const repeated = await root.post(`${keys}/${id}/revoke`, { wait_ms: 0 })
    t.ok(repeated.body.receipt.complete_in_ms <= muchLater.complete_in_ms, 'for a repetition too')
  })
  t.test(
    'a receipt completes by time when an instance sends heartbeats and applies nothing',
    async (t) => {
      // A sign of life between every two looks: it is never evicted.
      const beat = 'update instance set beat = beat + 1 where id = $1'
      await raw.query(beat, [dead])
      await syncCycles(t, 2)
      moment.monotonicMs += failureTimeoutMs - 20_000
      const complete = await ask(root, receipt)
      t.match(complete, { state: 'complete', acknowledged: 1, live: 2, waiting_for: [dead] })
      t.match(complete, { complete_by: null, complete_in_ms: null })
      const next = await root.post(`${keys}/${(await newKey(root, account)).id}/revoke`, {
        wait_ms: 0,
      })
      t.equal(next.body.receipt.state, 'pending', 'a younger one waits for its own failure timeout')
    },
  )
  t.test('an instance without a heartbeat for its failure timeout is evicted', async (t) => {
    await syncCycles(t, 2)
    t.equal((await registered(raw)).length, 2)
    moment.monotonicMs += failureTimeoutMs
    await until(async () => (await registered(raw)).length === 1)
    await until(async () =>
      started.logLines.some((line) => line.includes('evicted') && line.includes(dead)),
    )
    const next = await root.post(`${keys}/${(await newKey(root, account)).id}/revoke`)
    t.match(next.body.receipt, { state: 'complete', live: 1 })
  })
})

t.test('an evicted instance that lives registers again with an empty cache', async (t) => {
  const key = await newKey(root, account)
  await heat(started, key.token)
  const [before] = await registered(raw)
  const { credentialReads } = service.deps.counters
  await raw.query('delete from instance')
  await until(async () => (await registered(raw)).length === 1)
  const [after] = await registered(raw)
  t.not(after?.id, before?.id)
  await until(() => !service.deps.cache.isLeaseExpired())
  t.equal((await root.verify(key.token)).valid, true)
  t.ok(service.deps.counters.credentialReads > credentialReads, 'what it knew, it reads again')
  t.ok(started.logLines.some((line) => line.includes('registering again')))
})

t.test('an instance that stops deletes its row at once', async (t) => {
  const { rootToken } = started
  const second = await startTestService(t, { database, settings, rootToken })
  t.equal((await registered(raw)).length, 2)
  await second.stop()
  t.equal((await registered(raw)).length, 1)
  const { body } = await root.post(`${keys}/${(await newKey(root, account)).id}/revoke`)
  t.match(body.receipt, { state: 'complete', live: 1 })
})

t.test(
  'an instance with another MAX_STALENESS_MS does not answer from memory beside others',
  async (t) => {
    const key = await newKey(root, account)
    const other = await startTestService(t, {
      database,
      settings: { ...settings, MAX_STALENESS_MS: '20000' },
      rootToken: started.rootToken,
    })
    t.equal(other.service.deps.cache.isLeaseExpired(), true)
    t.equal((await other.root.verify(key.token)).valid, true, 'it reads the database')
    const { body } = await root.post(`${keys}/${key.id}/revoke`)
    t.equal(body.receipt.state, 'complete')
    t.match(await other.root.verify(key.token), { valid: false, reason: 'revoked' })
    for (const told of ['MAX_STALENESS_MS differs', 'no lease yet']) {
      t.equal(other.logLines.filter((line) => line.includes(`,"message":"${told}`)).length, 1, told)
    }
    t.equal(service.deps.cache.isLeaseExpired(), false, 'and the others are not disturbed')
  },
)

t.test(
  'a dead instance with another MAX_STALENESS_MS is evicted after its own failure timeout',
  async (t) => {
    const alone = await createTestDatabase()
    t.teardown(() => alone.drop())
    const observer = await connectRaw(t, alone.url)
    const dead = randomUUID()
    await observer.query(
      `insert into instance (id, applied, beat, started_at, max_staleness_ms)
     select $1, value, 0, now(), 60000 from revision`,
      [dead],
    )
    let looks = 0
    const proxy = await startDatabaseProxy(alone.url, (bytes) => {
      if (bytes.includes('max_staleness_ms from instance')) looks += 1
      return 'pass'
    })
    t.teardown(() => proxy.close())
    const late = await startTestService(t, { database: { ...alone, url: proxy.url }, settings })
    const { cache } = late.service.deps
    const lookTwice = () => {
      const before = looks
      return until(() => looks >= before + 3)
    }
    t.equal(cache.isLeaseExpired(), true)
    await lookTwice()
    late.moment.monotonicMs += failureTimeoutMs
    await lookTwice()
    t.same(await idsOf(), [dead], 'its lease is timed by its own staleness')
    late.moment.monotonicMs += failureTimeoutMs
    await until(() => !cache.isLeaseExpired())
    t.notOk((await idsOf()).includes(dead))

    async function idsOf(): Promise<string[]> {
      return (await registered(observer)).map(({ id }) => id)
    }
  },
)

t.test(
  'waiting for a receipt ends after wait_ms, even if the database does not answer',
  async (t) => {
    const { id } = await newKey(root, account)
    await root.verify((await newKey(root, account)).token)
    await insertInstance(randomUUID())
    const revoked = await root.post(`${keys}/${id}/revoke`, { wait_ms: 0 })
    await raw.query('begin; lock table instance in access exclusive mode')
    const answers = await Promise.all([
      measured(root.post(`${keys}/${id}/revoke`, { wait_ms: 0 })),
      measured(root.get(query(revoked.body.receipt, 300))),
    ])
    await raw.query('delete from instance; commit')
    for (const { answer, tookMs } of answers) {
      t.match(answer, { status: 200, body: { receipt: { state: 'pending' } } })
      t.ok(tookMs < 30_000, `it took ${tookMs} ms`)
    }
    t.ok(answers.every(({ answer }) => answer.body.receipt.complete_in_ms > 0))
  },
)

function query(receipt: RevisionRef, waitMs: number) {
  return `/v1/revisions/${receipt.revision}?id=${receipt.id}&wait_ms=${waitMs}`
}

async function ask(api: Api, receipt: RevisionRef) {
  const { status, body } = await api.get(query(receipt, 0))
  if (status !== 200) throw new Error(`the receipt answered ${status}`)
  return body.receipt
}

/** Resolves after so many more confirmed cycles of the feed. */
async function syncCycles(t: Test, count: number): Promise<void> {
  const { feed } = service.deps
  const { cycles } = feed
  await until(() => feed.cycles >= cycles + count)
  t.ok(feed.cycles >= cycles + count)
}

/** The row of an instance that nobody runs. */
async function insertInstance(id: string): Promise<void> {
  await raw.query(
    `insert into instance (id, applied, beat, started_at, max_staleness_ms) select $1, value, 0, now(), 30000 from revision`,
    [id],
  )
}

async function measured(
  answer: Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly tookMs: number }> {
  const startedAt = performance.now()
  return { answer: await answer, tookMs: performance.now() - startedAt }
}
