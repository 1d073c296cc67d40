import t from 'tap'
import { ProviderUnavailable } from '../../src/oidc/errors.ts'
import { IssuerKeys } from '../../src/oidc/issuer-keys.ts'
import { findKey, type KeySet, parseKeySet } from '../../src/oidc/key-set.ts'

const minuteMs = 60_000

/** An issuer with a clock of its own, whose answers a test gives. */
function startIssuer() {
  const state = { nowMs: 0, asked: 0, kids: ['a'], isAway: false, failures: 0 }
  const waiting: (() => void)[] = []
  const load = async (): Promise<KeySet> => {
    state.asked += 1
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    await promise
    if (state.isAway) throw new ProviderUnavailable('away')
    return parseKeySet({ keys: state.kids.map((kid) => ({ kty: 'EC', crv: 'P-256', kid })) })
  }
  const keys = new IssuerKeys(
    load,
    () => {
      state.failures += 1
    },
    () => state.nowMs,
  )
  /** Lets the issuer answer everything that it was asked, and its answers arrive. */
  const answer = async () => {
    for (const resolve of waiting.splice(0)) resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }
  /** Finds the key of a token: one of its own for each `kid`, unless the test says which. */
  const find = (kid: string, token = `a token of ${kid}`) =>
    keys.find({ kid, algorithm: 'ES256', token })
  return { state, find, answer }
}

async function startKnown() {
  const issuer = startIssuer()
  const first = issuer.find('a')
  await issuer.answer()
  await first
  return issuer
}

t.test('requests before any key is known share one answer of the issuer', async (t) => {
  const { state, find, answer } = startIssuer()
  const found = [find('a'), find('a'), find('b')]
  t.equal(state.asked, 1)
  await answer()
  t.same(
    (await Promise.all(found)).map(({ kind }) => kind),
    ['key', 'key', 'unknown'],
  )
})

t.test('an issuer that is away is no denial, and is not asked by every request', async (t) => {
  const { state, find, answer } = startIssuer()
  state.isAway = true
  const first = find('a')
  await answer()
  t.same(await first, { kind: 'away', retryAfterSeconds: 5 })
  state.nowMs += 3_900
  t.same(await find('a'), { kind: 'away', retryAfterSeconds: 2 })
  t.same([state.asked, state.failures], [1, 1])
  state.nowMs += 2_000
  state.isAway = false
  const later = find('a')
  await answer()
  t.equal((await later).kind, 'key')
})

t.test('once keys are known, no request waits, and unknown kids share one refresh', async (t) => {
  const { state, find, answer } = await startKnown()
  state.nowMs += 2 * minuteMs
  state.kids = ['a', 'b']
  for (let count = 0; count < 100; count += 1) {
    t.same(find(`unknown ${count}`), { kind: 'away', retryAfterSeconds: 1 })
  }
  t.match(find('a'), { kind: 'key' }, 'meanwhile known keys go on')
  t.equal(state.asked, 2)
  await answer()
  t.match(find('b'), { kind: 'key' })
  state.nowMs += minuteMs - 1
  find('c')
  t.equal(state.asked, 2, 'not again within a minute')
  state.nowMs += 1
  find('c')
  t.equal(state.asked, 3)
})

t.test('a key that is published after the last refresh is no denial', async (t) => {
  const { state, find, answer } = await startKnown()
  state.nowMs += 10_000
  state.kids = ['a', 'b']
  t.same(find('b'), { kind: 'away', retryAfterSeconds: 50 })
  state.nowMs += 49_999
  t.same(find('b'), { kind: 'away', retryAfterSeconds: 1 })
  t.equal(state.asked, 1)
  state.nowMs += 1
  t.same(find('b'), { kind: 'away', retryAfterSeconds: 1 })
  t.equal(state.asked, 2)
  await answer()
  t.match(find('b'), { kind: 'key' })
})

t.test(
  'a token is refused by keys that were asked for after it came, and by no other',
  async (t) => {
    const { state, find, answer } = startIssuer()
    const first = find('b')
    state.nowMs += 1
    const second = find('c')
    await answer()
    t.same(await first, { kind: 'unknown' }, 'for this one they were asked for')
    t.same(await second, { kind: 'away', retryAfterSeconds: 60 }, 'they were on their way')
    state.nowMs += minuteMs - 1
    t.same(find('c', 'another token'), { kind: 'away', retryAfterSeconds: 1 })
    await answer()
    t.equal(state.asked, 2)
    state.nowMs += 1
    t.same(find('c'), { kind: 'unknown' })
    t.same(find('c', 'another token'), { kind: 'unknown' })
    t.same(find('c', 'a later token'), { kind: 'away', retryAfterSeconds: 60 })
    state.nowMs += minuteMs
    state.kids = ['a', 'c']
    t.same(find('c'), { kind: 'unknown' })
    await answer()
    t.match(find('c'), { kind: 'key' }, 'a refusal ends when the issuer has the key after all')
  },
)

t.test('a flood of forged tokens is no denial of a good one, and is forgotten', async (t) => {
  const { state, find, answer } = await startKnown()
  state.nowMs += 1
  find('b')
  for (let count = 0; count < 2_000; count += 1) find('b', `forged ${count}`)
  state.nowMs += minuteMs
  t.same(find('b', 'forged 1999'), { kind: 'away', retryAfterSeconds: 1 })
  await answer()
  t.equal(state.asked, 2)
  state.nowMs += 1
  t.same(find('b', 'forged 1999'), { kind: 'unknown' })
  t.match(find('b'), { kind: 'away' }, 'when it came is forgotten')
})

t.test('known keys are asked for again in the background, and outlive an outage', async (t) => {
  const { state, find, answer } = await startKnown()
  state.nowMs += 11 * minuteMs
  state.isAway = true
  t.match(find('a'), { kind: 'key' })
  t.equal(state.asked, 2)
  await answer()
  t.match(find('a'), { kind: 'key' })
  t.equal(state.failures, 1)
  t.match(find('b'), { kind: 'away' }, 'whether the issuer has it cannot be known')
  state.nowMs += 24 * 60 * minuteMs
  const late = find('a')
  await answer()
  t.match(await late, { kind: 'away' }, 'nor for how long a key stands')
})

t.test('a key that the issuer withdraws is trusted until the next refresh', async (t) => {
  const { state, find, answer } = await startKnown()
  state.kids = ['b']
  state.nowMs += 11 * minuteMs
  t.match(find('a'), { kind: 'key' })
  await answer()
  state.nowMs += 1
  t.same(find('a'), { kind: 'unknown' }, 'this token came before it')
  t.match(find('a', 'a new token'), { kind: 'away' })
  state.nowMs += minuteMs
  find('a', 'a new token')
  await answer()
  t.same(find('a', 'a new token'), { kind: 'unknown' })
})

t.test('a JWK Set is bounded, and only keys that may have signed are found', async (t) => {
  const key = { kty: 'EC', crv: 'P-256', kid: 'a', x: 'x', y: 'y', d: 'private' }
  const many = Array.from({ length: 101 }, (_, index) => ({ ...key, kid: String(index) }))
  for (const document of [{ keys: many }, { keys: 'none' }, {}, [], null, 'keys']) {
    t.throws(
      () => parseKeySet(document),
      ProviderUnavailable,
      JSON.stringify(document)?.slice(0, 40),
    )
  }
  t.equal(parseKeySet({ keys: many.slice(1) }).size, 100)

  const encryption = { ...key, kid: 'encryption', use: 'enc' }
  const deriving = { ...key, kid: 'deriving', key_ops: ['deriveKey'] }
  const { kid: _, ...nameless } = key
  const keys = parseKeySet({ keys: [key, encryption, deriving, nameless] })
  t.same([...keys.keys()], ['a'])
  t.same(
    findKey(keys, 'a', 'ES256'),
    { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
    'no private part',
  )
  for (const algorithm of ['ES384', 'RS256', 'EdDSA', 'HS256', 'none', 'toString']) {
    t.equal(findKey(keys, 'a', algorithm), undefined, algorithm)
  }
  const bound = parseKeySet({ keys: [{ kty: 'RSA', kid: 'r', alg: 'PS256' }] })
  t.equal(findKey(bound, 'r', 'RS256'), undefined, 'the key is for another algorithm')
  t.match(findKey(bound, 'r', 'PS256'), { kty: 'RSA' })
})
