import { randomBytes } from 'node:crypto'
import { Session } from 'node:inspector/promises'
import { inspect } from 'node:util'
import { Client } from 'pg'
import t from 'tap'
import { sealJwtForm } from '../../src/domain/token/jwt-form.ts'
import { formatToken, parseToken, type Token } from '../../src/domain/token/token.ts'
import type { CredentialCache } from '../../src/verification/credential-cache.ts'
import type { Json } from '../helpers/api.ts'
import { type IssuedKey, newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { occupyHasher } from '../helpers/occupy-hasher.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const started = await startTestService(t)
const { root, service, clock } = started
const { deps } = service
const raw = new Client({ connectionString: started.database.url })
await raw.connect()
t.teardown(() => raw.end())
const account = await newAccount(root)

t.afterEach(() => {
  clock.offsetMs = 0
})

t.test('concurrent first verifications of one token run one query and one Argon2', async (t) => {
  const { token } = await newKey(root, account)
  const work = await workOf(() => times(50, () => root.verify(token)))
  t.same(new Set(work.result.map((verdict) => verdict.valid)), new Set([true]))
  t.match(work, { reads: 1, hashes: 1 })
})

t.test('a hot verification runs no query and no Argon2', async (t) => {
  const { token } = await newKey(root, account)
  await root.verify(token)
  t.match(await workOf(() => times(50, () => root.verify(token))), { reads: 0, hashes: 0 })
})

t.test('the credential cache is bounded and evicts the least recently used entry', async (t) => {
  const { as, service, root } = await startTestService(t, { settings: { CACHE_MAX_KEYS: '4' } })
  const account = await newAccount(root)
  const keys = await times(6, () => newKey(root, account))
  for (const { token } of keys) t.equal((await root.verify(token)).valid, true)
  t.equal(service.deps.cache.size, 4, 'the root key and the last three')
  t.equal(service.deps.cache.evictions, 3)
  const work = await workOf(() => root.verify(keys[0]?.token ?? ''), service)
  t.match(work, { result: { valid: true }, reads: 1, hashes: 1 }, 'a forgotten key is read again')
  t.equal(service.deps.cache.evictions, 4)
  t.equal((await as(keys[0]?.token).get('/v1/me')).status, 200)
})

t.test(
  'every cache hit is judged anew against address, permissions, account and time',
  async (t) => {
    const list = await newAllowList(root, account, ['203.0.113.0/24'])
    const key = await newKey(root, account, {
      role: 'viewer',
      allow_list_ids: [list],
      expires_at: new Date(Date.now() + 60_000).toISOString(),
    })
    const client_ip = '203.0.113.7'
    t.match(await root.verify(key.token, { client_ip }), { valid: true })
    const denials = [
      [{ client_ip: '198.51.100.1' }, 'address_not_allowed'],
      [{}, 'address_not_allowed'],
      [{ client_ip, permissions: ['cluster:delete'] }, 'insufficient_permissions'],
      [{ client_ip, permissions: ['cluster:read', 'no:such'] }, 'insufficient_permissions'],
      [{ client_ip, account_id: '00000000-0000-7000-8000-000000000000' }, 'wrong_account'],
    ] as const
    const work = await workOf(async () => {
      for (const [attempt, reason] of denials) {
        t.match(await root.verify(key.token, attempt), { valid: false, reason }, reason)
      }
      t.match(await root.verify(key.token, { client_ip, account_id: account.toUpperCase() }), {
        valid: true,
      })
      const remaining = new Date(key.body.expires_at).getTime() - Date.now()
      clock.offsetMs = remaining + 1
      t.match(await root.verify(key.token, { client_ip }), { valid: false, reason: 'expired' })
    })
    t.match(work, { reads: 0, hashes: 0 })
  },
)

t.test('a read in flight at a revocation is never served afterwards', async (t) => {
  const key = await newKey(root, account)
  await root.verify(key.token)
  deps.cache.clear()
  await root.get('/v1/me')
  const release = occupyHasher(deps.hasher)
  const early = times(3, () => root.verify(key.token))
  await until(() => deps.hasher.queue.waiting === 1)
  await root.post(`/v1/accounts/${account}/api-keys/${key.id}/revoke`)
  const late = times(3, () => root.verify(key.token))
  release()
  const [first] = await early
  t.match(first, { valid: true }, 'it was read before the revocation, for one who came before')
  for (const verdict of await late) {
    t.match(verdict, { valid: false, reason: 'revoked' }, 'who joined it afterwards reads again')
  }
  t.match(await root.verify(key.token), { valid: false, reason: 'revoked' })
})

t.test('a flood of one account delays another account by turns only', async (t) => {
  const { service, root } = await startTestService(t, { settings: { HASH_QUEUE_MAX: '20' } })
  const { cache, hasher } = service.deps
  const [loud, quiet] = [await newAccount(root), await newAccount(root)]
  // One after the other: issuing hashes too, and so few may wait.
  const flood: Awaited<ReturnType<typeof newKey>>[] = []
  while (flood.length < 40) flood.push(await newKey(root, loud))
  const key = await newKey(root, quiet)
  for (const { token } of [...flood, key]) t.equal((await root.verify(token)).valid, true)
  cache.clear()
  await root.get('/v1/me')
  const release = occupyHasher(hasher)
  const refused: string[] = []
  let answered = 0
  const flooding = flood.map(async ({ token }) => {
    const { status, body } = await root.post('/v1/verify', { token })
    if (status === 503) refused.push(body.code)
    else answered += 1
  })
  await until(() => refused.length === 20)
  const verifying = root.verify(key.token).then((verdict) => {
    t.equal(verdict.valid, true)
    return answered
  })
  await until(() => refused.length === 21)
  release()
  const before = await verifying
  t.ok(before <= 12, `${before} answers before its own, to 4 that ran and the second in turn too`)
  await Promise.all(flooding)
  t.same(refused, Array(21).fill('overloaded'), 'the newest of the flood made room for it')
})

t.test('a stale cache entry costs one statement and no Argon2', async (t) => {
  const key = await newKey(root, account)
  await root.verify(key.token)
  await root.post(`/v1/accounts/${account}/api-keys/${key.id}/disable`)
  const disabled = await workOf(() => root.verify(key.token))
  t.match(disabled, { result: { reason: 'disabled' }, reads: 1, hashes: 0 })
  t.match(await workOf(() => root.verify(key.token)), { reads: 0, hashes: 0 })
  await root.post(`/v1/accounts/${account}/api-keys/${key.id}/enable`)
  const many = await workOf(() => times(20, () => root.verify(key.token)))
  t.match(many, { reads: 1, hashes: 0 }, 'however many ask')
})

t.test(
  'the first use of a key is written once, before the answer, and only if valid',
  async (t) => {
    const key = await newKey(root, account)
    t.equal(await firstUseOf(key), null)
    await root.verify(key.token, { permissions: ['no:such'] })
    t.equal(await firstUseOf(key), null, 'a denial is no use')
    clock.offsetMs = 5_000
    await times(5, () => root.verify(key.token))
    const first = await firstUseOf(key)
    t.ok(first !== null && first.getTime() > Date.now() + 1_000, 'by the clock of the service')
    clock.offsetMs = 60_000
    await root.verify(key.token)
    deps.cache.clear()
    await root.verify(key.token)
    t.same(await firstUseOf(key), first)

    const awaited = await newKey(root, account)
    await raw.query('begin')
    await raw.query('select from credential where api_key_id = $1 for update', [awaited.id])
    let answered = false
    const verdict = root.verify(awaited.token).finally(() => {
      answered = true
    })
    await untilBlocked(raw)
    t.equal(answered, false, 'nobody is told before it is written')
    await raw.query('commit')
    t.match(await verdict, { valid: true })
  },
)

t.test(
  'a credential that ends between its read and its first use is denied as rotated',
  async (t) => {
    const key = await newKey(root, account)
    await raw.query('begin')
    await raw.query('select from credential where api_key_id = $1 for update', [key.id])
    const verdict = root.verify(key.token)
    await untilBlocked(raw)
    await raw.query('update credential set ended_at = now() where api_key_id = $1', [key.id])
    await raw.query('commit')
    t.match(await verdict, { valid: false, reason: 'rotated', api_key: { id: key.id } })
    t.equal(await firstUseOf(key), null)
  },
)

t.test('a forged token costs no query and no Argon2', async (t) => {
  const key = await newKey(root, account)
  const real = tokenOf(key)
  const forged = [
    `${real.signed}_${'0'.repeat(11)}`,
    `${real.signed.slice(0, -1)}${real.signed.endsWith('0') ? '1' : '0'}_${real.tag}`,
    `other${real.text.slice(real.prefix.length)}`,
    jwtOf(real).slice(0, -1),
  ]
  for (const hot of [false, true]) {
    if (hot) await root.verify(key.token)
    const work = await workOf(async () => {
      for (const token of forged) {
        const verdict = await root.verify(token)
        t.same(verdict, { valid: false, reason: 'not_found' })
      }
    })
    t.match(work, { reads: 0, hashes: 0 }, hot ? 'hot' : 'cold')
  }
})

t.test('a token with a valid tag and a wrong secret is not found', async (t) => {
  const key = await newKey(root, account)
  const minted = mint(key.id)
  started.canaries.addToken(minted.text)
  const { result } = await workOf(() => root.verify(minted.text))
  t.same(result, { valid: false, reason: 'not_found' }, 'nobody has this secret')
  // Even where its row can be found by the tag.
  await raw.query('update credential set tag = $2 where api_key_id = $1', [key.id, minted.tag])
  const work = await workOf(() => root.verify(minted.text))
  t.match(work, { result: { valid: false, reason: 'not_found' }, reads: 1, hashes: 1 })
  t.equal(work.result.api_key, undefined, 'and nothing is told of the key')
  t.same(await root.verify(mint('00000000-0000-7000-8000-000000000000').text), {
    valid: false,
    reason: 'not_found',
  })
})

t.test('a planted hash beyond the bounds matches nothing and is not computed', async (t) => {
  const key = await newKey(root, account)
  const planted = [
    '$argon2id$v=19$m=1048576,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=1024,t=4000000,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=1024,t=1,p=1$$',
    '$argon2id$',
  ]
  for (const hash of planted) {
    await raw.query('update credential set hash = $2 where api_key_id = $1', [key.id, hash])
    const work = await workOf(() => root.verify(key.token))
    t.same(work.result, { valid: false, reason: 'not_found' }, hash)
    if (hash.includes('m=1048576') || hash.includes('t=4000000')) t.equal(work.hashes, 0)
  }
})

t.test('the JWT form of a token verifies like the native one', async (t) => {
  const key = await newKey(root, account)
  const token = tokenOf(key)
  const forms = [jwtOf(token), token.text, jwtOf(token, new Date(0)), jwtOf(token, new Date(1e12))]
  for (const form of forms) started.canaries.addSecret(form)
  for (const form of forms.slice(0, 2)) {
    t.match(await root.verify(form), { valid: true, api_key: { id: key.id } })
  }
  const hot = await workOf(() => Promise.all(forms.slice(0, 2).map((form) => root.verify(form))))
  t.match(hot, { reads: 0, hashes: 0 }, 'both forms are hot')
  for (const form of forms) t.match(await root.verify(form), { valid: true })
  await root.post(`/v1/accounts/${account}/api-keys/${key.id}/revoke`)
  for (const form of forms) {
    t.match(await root.verify(form), { valid: false, reason: 'revoked' }, 'and they end together')
  }
})

t.test('verifying both forms of a token at once makes both hot', async (t) => {
  const token = tokenOf(await newKey(root, account))
  const forms = [token.text, jwtOf(token)]
  for (const form of forms) started.canaries.addSecret(form)
  await Promise.all(forms.map((form) => root.verify(form)))
  const hot = await workOf(() => Promise.all(forms.map((form) => root.verify(form))))
  t.match(hot, { reads: 0, hashes: 0 })
})

t.test('the cache contains neither a token nor its secret', async (t) => {
  const key = await newKey(root, account)
  await root.verify(key.token)
  await root.verify(jwtOf(tokenOf(key)))
  const held = await textOf(deps.cache)
  t.ok(held.includes(key.id), 'it is the text of the cache')
  t.notOk(held.includes(tokenOf(key).secret))
  t.notOk(held.includes(tokenOf(key).signed))
})

t.test('uses are counted in memory and shown after a flush, denials are not counted', async (t) => {
  const key = await newKey(root, account)
  clock.offsetMs = 1_000
  await times(7, () => root.verify(key.token))
  await root.verify(key.token, { permissions: ['no:such'] })
  t.match(await shown(key), { use_count: 0, last_used_at: null }, 'nothing is written before')
  const lastUse = Date.now() + 1_000
  await deps.uses.flush(deps.db)
  const flushed = await shown(key)
  t.equal(flushed.use_count, 7)
  t.ok(Math.abs(new Date(flushed.last_used_at).getTime() - lastUse) < 1_000)
  clock.offsetMs = 90_000
  await times(3, () => root.verify(key.token))
  await Promise.all([deps.uses.flush(deps.db), deps.uses.flush(deps.db)])
  const again = await shown(key)
  t.equal(again.use_count, 10)
  t.ok(again.last_used_at > flushed.last_used_at)
  clock.offsetMs = 0
  await root.verify(key.token)
  await deps.uses.flush(deps.db)
  t.match(await shown(key), { use_count: 11, last_used_at: again.last_used_at }, 'never goes back')
})

t.test('uses of both forms of a token, and of an evicted entry, add up', async (t) => {
  const key = await newKey(root, account)
  started.canaries.addSecret(jwtOf(tokenOf(key)))
  await times(2, () => root.verify(key.token))
  clock.offsetMs = 60_000
  await times(3, () => root.verify(jwtOf(tokenOf(key))))
  clock.offsetMs = 0
  await times(4, () => root.verify(key.token))
  deps.cache.clear()
  await times(5, () => root.verify(key.token))
  const startedAt = Date.now()
  await deps.uses.flush(deps.db)
  const flushed = await shown(key)
  t.equal(flushed.use_count, 14)
  const ahead = new Date(flushed.last_used_at).getTime() - startedAt
  t.ok(ahead > 30_000 && ahead < 60_001, `the last of all of them: ${ahead} ms ahead`)
  await root.verify(key.token)
  await deps.uses.flush(deps.db)
  t.equal((await shown(key)).use_count, 15, 'and nothing is counted twice')
})

t.test('a failed flush of use records keeps the counts', async (t) => {
  const key = await newKey(root, account)
  await times(3, () => root.verify(key.token))
  await raw.query('alter table api_key_usage rename to away')
  await t.rejects(deps.uses.flush(deps.db))
  await root.verify(key.token)
  await t.rejects(deps.uses.flush(deps.db))
  await raw.query('alter table away rename to api_key_usage')
  await deps.uses.flush(deps.db)
  t.match(await shown(key), { use_count: 4 })
})

t.test('a stronger hash profile renews hashes in the background, a weaker one never', async (t) => {
  const { database } = started
  const settings = { HASH_PROFILE: 'password' }
  const higher = await startTestService(t, { database, settings })
  const key = await newKey(root, account)
  const strangers = higher.as(started.rootToken)
  t.match(await profileOf(key), { hash_profile: 1, hash: /m=1024,/ })
  t.match(await root.verify(key.token), { valid: true })
  t.match(await strangers.verify(key.token), { valid: true })
  await until(async () => (await profileOf(key)).hash_profile === 2)
  const risen = await profileOf(key)
  t.match(risen.hash, /m=19456,/)
  t.ok(higher.service.deps.counters.rehashes >= 1)
  for (const { service, root: api } of [started, { ...higher, root: strangers }]) {
    service.deps.cache.clear()
    t.match(await api.verify(key.token), { valid: true }, 'it verifies on both')
    t.match(await api.verify(mint(key.id).text), { valid: false })
  }
  t.equal(deps.counters.rehashes, 0)
  t.same(await profileOf(key), risen)
})

interface Work<T> {
  readonly result: T
  readonly reads: number
  readonly hashes: number
}

/** What an act costs a service: statements that read a credential, and Argon2 hashes. */
async function workOf<T>(act: () => Promise<T>, of = service): Promise<Work<T>> {
  const { counters, hasher } = of.deps
  // The caller's own key is part of the bargain: it is hot.
  await root.get('/v1/me')
  const before = { reads: counters.credentialReads, hashes: hasher.queue.completed }
  const result = await act()
  return {
    result,
    reads: counters.credentialReads - before.reads,
    hashes: hasher.queue.completed - before.hashes,
  }
}

function times<T>(count: number, act: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, act))
}

function tokenOf(key: IssuedKey): Token {
  const token = parseToken(key.token)
  if (token === undefined) throw new Error('An issued token does not parse.')
  return token
}

function jwtOf(token: Token, issuedAt = new Date()): string {
  return sealJwtForm({ token, issuedAt, expiresAt: null, tagKey: deps.keyring.signing })
}

/** A token that this deployment could have issued, but did not. */
function mint(keyId: string): Token {
  return formatToken({
    prefix: deps.tokenPrefix,
    keyId,
    secret: randomBytes(32),
    tagKey: deps.keyring.signing,
  })
}

async function firstUseOf(key: IssuedKey): Promise<Date | null> {
  const { rows } = await raw.query('select first_used_at from credential where api_key_id = $1', [
    key.id,
  ])
  return rows[0].first_used_at
}

async function profileOf(key: IssuedKey): Promise<Json> {
  const { rows } = await raw.query(
    'select hash, hash_profile from credential where api_key_id = $1',
    [key.id],
  )
  return rows[0]
}

async function shown(key: IssuedKey): Promise<Json> {
  return (await root.get(`/v1/accounts/${account}/api-keys/${key.id}`)).body.api_key
}

/**
 * All that a cache holds, as text. The inspector of V8 sees the private field that no program does.
 */
async function textOf(cache: CredentialCache): Promise<string> {
  const externals: { probe?: unknown } = Object.assign(globalThis, { probe: cache })
  const session = new Session()
  session.connect()
  try {
    const { result } = await session.post('Runtime.evaluate', { expression: 'probe' })
    const properties: Json = await session.post('Runtime.getProperties', {
      objectId: result.objectId ?? '',
      ownProperties: true,
    })
    const entries = properties.privateProperties.find(({ name }: Json) => name === '#entries')
    await session.post('Runtime.callFunctionOn', {
      objectId: entries.value.objectId,
      functionDeclaration: 'function () { probe = this.dump() }',
    })
    return inspect(externals.probe, { depth: null, maxArrayLength: null, showHidden: true })
  } finally {
    session.disconnect()
    delete externals.probe
  }
}
