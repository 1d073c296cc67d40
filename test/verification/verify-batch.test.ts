import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { sealJwtForm } from '../../src/domain/token/jwt-form.ts'
import { computeTag, deriveTagKey, TAG_WIDTH } from '../../src/domain/token/tag.ts'
import { parseToken } from '../../src/domain/token/token.ts'
import { denialReasons } from '../../src/domain/verdict.ts'
import type { Answer, Json } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { occupyHasher } from '../helpers/occupy-hasher.ts'
import { assertInvalid, assertProblem, type FieldRule } from '../helpers/problems.ts'
import { countStatements, startDatabaseProxy } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'

/** 0.9 of the default MAX_STALENESS_MS. */
const leaseMs = 27_000
const unavailable = { status: 503, code: 'unavailable' }

const database = await createTestDatabase()
t.teardown(() => database.drop())
/** Statements of the pool since they were counted last; the feed has connections of its own. */
let statements = 0
const feed = { isCut: false }
const proxy = await startDatabaseProxy(database.url, (bytes, application) => {
  if (application === 'aeon-keys feed') return feed.isCut ? 'cut before' : 'pass'
  statements += countStatements(bytes)
  return 'pass'
})
t.teardown(() => proxy.close())
const started = await startCheckedService(t, {
  database: { ...database, url: proxy.url },
  // A hundred keys are issued at once: on a busy machine that takes longer than a request may wait.
  settings: { POLL_INTERVAL_MS: '20' },
})
const { root, service, clock, moment } = started
const { deps } = service
const raw = await connectRaw(t, database.url)
const account = await newAccount(root)
const { tokens: cast, otherAccount } = await createCast()

t.afterEach(() => {
  clock.offsetMs = 0
})

t.test('a batch returns every kind of verdict in the order of its attempts', async (t) => {
  const other = '00000000-0000-7000-8000-000000000000'
  const cases: readonly (readonly [object, string])[] = [
    [{ token: cast.good }, 'valid'],
    [{ token: 'x' }, 'malformed'],
    [{ token: forged(cast.good) }, 'not_found'],
    [{ token: cast.revoked }, 'revoked'],
    [{ token: cast.disabled }, 'disabled'],
    [{ token: cast.rotated }, 'rotated'],
    [{ token: cast.expired }, 'expired'],
    [{ token: cast.good, account_id: other }, 'wrong_account'],
    [{ token: cast.restricted, client_ip: '198.51.100.1' }, 'address_not_allowed'],
    [{ token: cast.good, permissions: ['no:such'] }, 'insufficient_permissions'],
    [{ token: cast.restricted, client_ip: '203.0.113.7' }, 'valid'],
    [{ token: cast.jwt }, 'valid'],
  ]
  t.same(
    new Set(cases.map(([, outcome]) => outcome)),
    new Set(['valid', ...denialReasons]),
    'there is one of each',
  )
  clock.offsetMs = 120_000
  for (const told of ['cold', 'hot', 'reversed']) {
    if (told === 'cold') deps.cache.clear()
    const asked = told === 'reversed' ? cases.toReversed() : cases
    const answer = await batch(asked.map(([attempt]) => attempt))
    t.equal(answer.headers['cache-control'], 'no-store')
    t.same(
      answer.body.verdicts.map(outcomeOf),
      asked.map(([, outcome]) => outcome),
      told,
    )
    for (const verdict of answer.body.verdicts) {
      const isKnown = !['malformed', 'not_found'].includes(verdict.reason)
      t.equal(verdict.api_key !== undefined, isKnown, 'a key is told of when its secret matched')
    }
  }
})

t.test('a batch of 100 cold tokens takes one read and one write of first uses', async (t) => {
  const keys = await Promise.all(Array.from({ length: 100 }, () => newKey(root, account)))
  const work = await workOf(() => batch(keys.map(({ token }) => ({ token }))))
  t.same(
    work.answer.body.verdicts.map((verdict: Json) => verdict.api_key.id),
    keys.map(({ id }) => id),
  )
  t.match(work, { reads: 1, hashes: 100, statements: 2 })
  const again = await workOf(() => batch(keys.map(({ token }) => ({ token }))))
  t.match(again, { reads: 0, hashes: 0, statements: 0 }, 'and hot ones cost neither')
  deps.cache.clear()
  const read = await workOf(() => batch(keys.map(({ token }) => ({ token }))))
  t.match(read, { reads: 1, hashes: 100, statements: 1 }, 'a first use is recorded once')
  const { rows } = await raw.query(
    'select count(first_used_at)::int as used from credential where api_key_id = any($1)',
    [keys.map(({ id }) => id)],
  )
  t.equal(rows[0].used, 100)
  await deps.uses.flush(deps.db)
  const shown = await root.get(`/v1/accounts/${account}/api-keys/${keys[7]?.id}`)
  t.equal(shown.body.api_key.use_count, 3, 'each verdict is a use')
})

t.test('a token repeated in a batch costs one read and one Argon2', async (t) => {
  const { token, id } = await newKey(root, account)
  const attempts = Array.from({ length: 50 }, (_, index) => ({
    token,
    ...(index % 2 === 1 && { permissions: ['no:such'] }),
  }))
  const work = await workOf(() => batch(attempts))
  t.match(work, { reads: 1, hashes: 1, statements: 2 })
  t.same(
    work.answer.body.verdicts.map(outcomeOf),
    attempts.map((_, index) => (index % 2 === 1 ? 'insufficient_permissions' : 'valid')),
  )
  await deps.uses.flush(deps.db)
  const { body } = await root.get(`/v1/accounts/${account}/api-keys/${id}`)
  t.equal(body.api_key.use_count, 25)
})

t.test('in a batch a denial records no first use, and forged tokens cost no query', async (t) => {
  const { token } = await newKey(root, account)
  const work = await workOf(() =>
    batch([{ token, permissions: ['no:such'] }, { token: forged(token) }, { token: 'x' }]),
  )
  t.match(work, { reads: 1, hashes: 1, statements: 1 })
  const flood = Array.from({ length: 100 }, () => ({ token: forged(token) }))
  t.match(await workOf(() => batch(flood)), { reads: 0, hashes: 0, statements: 0 })
})

t.test('a batch gives the same verdicts as its attempts one by one', async (t) => {
  clock.offsetMs = 120_000
  const list = '203.0.113.7'
  const attempt = fc.record(
    {
      token: fc.oneof(
        fc.constantFrom(...Object.values(cast), forged(cast.good), `${cast.good}x`),
        fc.string({ maxLength: 40 }),
      ),
      client_ip: fc.constantFrom(list, '198.51.100.1', '::1', '2001:db8::1'),
      permissions: fc.subarray(['cluster:read', 'cluster:delete', 'no:such']),
      account_id: fc.constantFrom(account, account.toUpperCase(), otherAccount),
    },
    { requiredKeys: ['token'] },
  )
  const run = fc.asyncProperty(
    fc.array(attempt, { minLength: 1, maxLength: 100 }),
    fc.constantFrom('hot', 'cleared', 'invalidated'),
    async (attempts, state) => {
      const singles: Json[] = []
      for (const { token, ...rest } of attempts) singles.push(await root.verify(token, rest))
      if (state === 'cleared') deps.cache.clear()
      if (state === 'invalidated') deps.freshness.invalidate([{ kind: 'account', id: account }])
      const { body } = await batch(attempts)
      if (JSON.stringify(body.verdicts) !== JSON.stringify(singles)) {
        throw new Error(`${JSON.stringify(body.verdicts)}\nand not\n${JSON.stringify(singles)}`)
      }
    },
  )
  await t.resolves(fc.assert(run, { numRuns: 60, seed: 20_261_123 }))
})

t.test('a batch judges by changes made while it waits for Argon2', async (t) => {
  await t.test('a batch denies a cached key that is revoked while it waits', async (t) => {
    const hot = await newKey(root, account)
    await root.verify(hot.token)
    const held = await holdBatch([hot.token])
    await root.post(`/v1/accounts/${account}/api-keys/${hot.id}/revoke`)
    t.same(await held(), ['revoked', 'valid'])
  })
  await t.test(
    'a batch denies a key revoked while it waits if it joined an earlier read',
    async (t) => {
      const shared = await newKey(root, account)
      await root.verify(shared.token)
      deps.cache.clear()
      await root.get('/v1/me')
      const release = occupyHasher(deps.hasher)
      const single = root.verify(shared.token)
      await until(() => deps.hasher.queue.waiting === 1)
      const answer = batch([{ token: shared.token }])
      await root.post(`/v1/accounts/${account}/api-keys/${shared.id}/revoke`)
      release()
      t.equal((await single).valid, true, 'the read of its own was sent before the revocation')
      t.same(verdictsOf(await answer), ['revoked'])
    },
  )
  await t.test('a batch judges a key revoked while it waits by its own read', async (t) => {
    const cold = await newKey(root, account)
    await root.verify(cold.token)
    deps.cache.clear()
    const held = await holdBatch([cold.token], 2)
    await root.post(`/v1/accounts/${account}/api-keys/${cold.id}/revoke`)
    t.same(await held(), ['valid', 'valid'])
    t.same(verdictsOf(await batch([{ token: cold.token }])), ['revoked'], 'and is not kept')
  })
  await t.test('a batch reads a cached key again if the lease ends while it waits', async (t) => {
    const hot = await newKey(root, account)
    for (const token of [hot.token, cast.good]) await root.verify(token)
    const held = await holdBatch([hot.token, forged(hot.token)])
    // Not written by the service: no sync cycle tells this instance.
    await raw.query('update api_key set disabled_at = now() where id = $1', [hot.id])
    feed.isCut = true
    moment.monotonicMs += leaseMs
    t.equal(deps.cache.isLeaseExpired(), true)
    t.same(await held(), ['disabled', 'not_found', 'valid'])
    const attempts = [hot.token, cast.good, forged(hot.token), forged(cast.good), 'x']
    const work = await workOf(() => batch(attempts.map((token) => ({ token }))))
    t.same(verdictsOf(work.answer), ['disabled', 'valid', 'not_found', 'not_found', 'malformed'])
    // Each in a transaction that proves the server: begin, a lock, the read, commit.
    t.match(work, { hashes: 0, statements: 3 * 4 }, 'the caller, the keys and the ring, each once')
    feed.isCut = false
    await until(() => !deps.cache.isLeaseExpired())
  })
  await t.test('a batch past the lease finds a key by a tag key it has not read yet', async (t) => {
    const key = await newKey(root, account)
    const tagKey = { id: randomUUID(), key: randomBytes(32) }
    await raw.query(
      'insert into tag_key (id, key, signs, created_at) values ($1, $2, false, now())',
      [tagKey.id, tagKey.key],
    )
    const signed = key.token.slice(0, -'_'.length - TAG_WIDTH)
    const tag = computeTag(signed, deriveTagKey(tagKey.id, tagKey.key))
    await raw.query('update credential set tag = $2, tag_key_id = $3 where api_key_id = $1', [
      key.id,
      tag,
      tagKey.id,
    ])
    const attempt = { token: `${signed}_${tag}` }
    t.same(verdictsOf(await batch([attempt])), ['not_found'], 'no sync cycle told of it')
    feed.isCut = true
    moment.monotonicMs += leaseMs
    t.same(verdictsOf(await batch([attempt, { token: forged(key.token) }])), ['valid', 'not_found'])
    feed.isCut = false
    await until(() => !deps.cache.isLeaseExpired())
  })
})

t.test(
  'a credential that ends before its first use is recorded is denied as rotated',
  async (t) => {
    const [ended, used, fresh] = await Promise.all([1, 2, 3].map(() => newKey(root, account)))
    const keys = [ended, used, fresh].map((key) => key ?? { id: '', token: '' })
    await raw.query('begin')
    await raw.query('select from credential where api_key_id = any($1) for update', [
      keys.map(({ id }) => id),
    ])
    const answer = batch(keys.map(({ token }) => ({ token })))
    await untilBlocked(raw)
    await raw.query('update credential set ended_at = now() where api_key_id = $1', [keys[0]?.id])
    await raw.query("update credential set first_used_at = '2020-01-01Z' where api_key_id = $1", [
      keys[1]?.id,
    ])
    await raw.query('commit')
    t.same(verdictsOf(await answer), ['rotated', 'valid', 'valid'])
    const { rows } = await raw.query(
      'select first_used_at from credential where api_key_id = any($1) order by api_key_id',
      [keys.map(({ id }) => id).sort()],
    )
    const byId = new Map(
      keys
        .map(({ id }) => id)
        .sort()
        .map((id, at) => [id, rows[at].first_used_at]),
    )
    t.equal(byId.get(keys[0]?.id ?? ''), null)
    t.same(byId.get(keys[1]?.id ?? ''), new Date('2020-01-01Z'), 'a first use stays the first')
    t.ok(byId.get(keys[2]?.id ?? '') > new Date('2021-01-01Z'))
  },
)

t.test('concurrent batches with keys in common do not deadlock', async (t) => {
  for (let round = 0; round < 5; round += 1) {
    const keys = await Promise.all(Array.from({ length: 20 }, () => newKey(root, account)))
    const attempts = keys.map(({ token }) => ({ token }))
    const answers = await Promise.all([batch(attempts), batch(attempts.toReversed())])
    for (const answer of answers) t.same(new Set(verdictsOf(answer)), new Set(['valid']))
  }
})

t.test('an outage that affects part of a batch answers 503 for the whole', async (t) => {
  const hot = await newKey(root, account)
  const cold = await newKey(root, account)
  await root.verify(hot.token)
  const before = { ...deps.counters.verdicts }
  proxy.cut()
  t.equal((await root.verify(hot.token)).valid, true)
  const answer = await batch([{ token: hot.token }, { token: cold.token }, { token: 'x' }])
  assertProblem(t, answer, unavailable, 'one of them is cold')
  t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
  t.notOk(answer.text.includes('valid'))
  t.same(verdictsOf(await batch([{ token: hot.token }, { token: 'x' }])), ['valid', 'malformed'])
  t.equal(deps.counters.verdicts.malformed, before.malformed + 1, 'what is not told is not counted')
  proxy.restore()
  await until(async () => (await batch([{ token: cold.token }])).status === 200)
})

t.test(
  'a batch of more cold tokens than may wait for Argon2 answers 503, without denials',
  async (t) => {
    const small = await startCheckedService(t, {
      settings: { HASH_CONCURRENCY: '1', HASH_QUEUE_MAX: '4' },
    })
    const own = await newAccount(small.root)
    const tokens: string[] = []
    for (let made = 0; made < 12; made += 1) tokens.push((await newKey(small.root, own)).token)
    const ask = (some: readonly string[]) =>
      small.root.post('/v1/verify/batch', { attempts: some.map((token) => ({ token })) })
    assertProblem(t, await ask(tokens), { status: 503, code: 'overloaded' }, 'all at once')
    await until(() => small.service.deps.hasher.queue.running === 0)
    t.same(verdictsOf(await ask(tokens.slice(-4))), Array(4).fill('valid'))
  },
)

t.test('a batch of the wrong shape is 400 naming the field, and nothing is judged', async (t) => {
  const { token } = await newKey(root, account)
  const good = { token }
  const many = (count: number) => Array.from({ length: count }, () => good)
  const rows: readonly [string, unknown, readonly FieldRule[]][] = [
    ['no attempts', {}, [['/attempts', 'required']]],
    ['none', { attempts: [] }, [['/attempts', 'minItems']]],
    ['101', { attempts: many(101) }, [['/attempts', 'maxItems']]],
    [
      'one attempt bare',
      good,
      [
        ['/attempts', 'required'],
        ['/token', 'unknown_field'],
      ],
    ],
    ['an object', { attempts: { 0: good } }, [['/attempts', 'type']]],
    ['texts', { attempts: [token] }, [['/attempts/0', 'type']]],
    ['null among them', { attempts: [good, null] }, [['/attempts/1', 'type']]],
    ['one without a token', { attempts: [good, {}] }, [['/attempts/1/token', 'required']]],
    [
      'several faults',
      { attempts: [good, { token: 5 }, good, { ...good, client_ip: 1, colour: 'red' }] },
      [
        ['/attempts/1/token', 'type'],
        ['/attempts/3/client_ip', 'type'],
        ['/attempts/3/colour', 'unknown_field'],
      ],
    ],
    [
      'addresses that are none',
      { attempts: [{ ...good, client_ip: '10.1' }, good, good, { ...good, client_ip: '' }] },
      [
        ['/attempts/0/client_ip', 'address'],
        ['/attempts/3/client_ip', 'address'],
      ],
    ],
    [
      'a permission that is none',
      { attempts: [{ ...good, permissions: ['a:b', 'x'] }] },
      [['/attempts/0/permissions/1', 'pattern']],
    ],
    [
      'an account that is none',
      { attempts: [good, { ...good, account_id: 'acme' }] },
      [['/attempts/1/account_id', 'format']],
    ],
    ['a field beside them', { attempts: [good], wait: 1 }, [['/wait', 'unknown_field']]],
  ]
  for (const [told, body, faults] of rows) {
    const work = await workOf(() => root.post('/v1/verify/batch', body))
    assertInvalid(t, work.answer, faults, told)
    t.match(work, { reads: 0, hashes: 0, statements: 0, judged: 0 }, 'nothing is judged')
  }
  t.equal((await batch(many(100))).body.verdicts.length, 100)
})

interface Work {
  readonly answer: Answer
  /** Statements that read credentials. */
  readonly reads: number
  readonly hashes: number
  /** All statements. */
  readonly statements: number
  /** Verdicts beside the one on the caller. */
  readonly judged: number
}

/** What a call costs; the caller's own key is hot, if anything may be. */
async function workOf(act: () => Promise<Answer>): Promise<Work> {
  await root.verify('x')
  const { counters, hasher } = deps
  const judged = () => Object.values(counters.verdicts).reduce((sum, count) => sum + count, 0)
  const before = {
    reads: counters.credentialReads,
    hashes: hasher.queue.completed,
    judged: judged() + 1,
  }
  statements = 0
  const answer = await act()
  return {
    answer,
    reads: counters.credentialReads - before.reads,
    hashes: hasher.queue.completed - before.hashes,
    statements,
    judged: judged() - before.judged,
  }
}

function batch(attempts: readonly object[]): Promise<Answer> {
  return root.post('/v1/verify/batch', { attempts })
}

/** How each verdict came out: `valid`, or the reason of the denial. */
function verdictsOf({ status, body, text }: Answer): string[] {
  if (status !== 200) throw new Error(`batch: ${status} ${text}`)
  return body.verdicts.map(outcomeOf)
}

function outcomeOf(verdict: Json): string {
  return verdict.valid ? 'valid' : verdict.reason
}

/**
 * Sends a batch of these tokens and a cold one, and holds it while it waits for Argon2. What it
 * gives lets it go on, and tells how its verdicts came out.
 */
async function holdBatch(tokens: readonly string[], cold = 1): Promise<() => Promise<string[]>> {
  const { token } = await newKey(root, account)
  // The caller's own key must not wait with it.
  await root.verify('x')
  const release = occupyHasher(deps.hasher)
  const answer = batch([...tokens, token].map((one) => ({ token: one })))
  await until(() => deps.hasher.queue.waiting === cold)
  return async () => {
    release()
    return verdictsOf(await answer)
  }
}

/** The same token under a tag that nobody made. */
function forged(token: string): string {
  return `${token.slice(0, -11)}${'0'.repeat(11)}`
}

/** Tokens with every verdict. The tokens that expire have expired 120 s from now. */
async function createCast() {
  const otherAccount = await newAccount(root)
  const list = await newAllowList(root, account, ['203.0.113.0/24'])
  const expires_at = new Date(Date.now() + 60_000).toISOString()
  const keyWith = (values = {}) => newKey(root, account, { role: 'viewer', ...values })
  const [good, revoked, disabled, rotated, expired, restricted, elsewhere] = [
    await keyWith(),
    await keyWith(),
    await keyWith(),
    await keyWith(),
    await keyWith({ expires_at }),
    await keyWith({ allow_list_ids: [list] }),
    await newKey(root, otherAccount),
  ]
  await root.post(`/v1/accounts/${account}/api-keys/${revoked.id}/revoke`)
  await root.post(`/v1/accounts/${account}/api-keys/${disabled.id}/disable`)
  await raw.query('update credential set ended_at = now() where api_key_id = $1', [rotated.id])
  const token = parseToken(good.token)
  if (token === undefined) throw new Error('An issued token does not parse.')
  const times = { issuedAt: new Date(), expiresAt: null }
  const jwt = sealJwtForm({ token, ...times, tagKey: deps.keyring.signing })
  started.canaries.addSecret(jwt)
  return {
    tokens: {
      good: good.token,
      revoked: revoked.token,
      disabled: disabled.token,
      rotated: rotated.token,
      expired: expired.token,
      restricted: restricted.token,
      elsewhere: elsewhere.token,
      jwt,
    },
    otherAccount,
  }
}
