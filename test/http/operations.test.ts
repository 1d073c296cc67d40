import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'
import { encodeBase62 } from '../../src/domain/token/base62.ts'
import type { Api, Json } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'

test('/metrics counts verdicts, reads and hashes', async (t) => {
  const { root, as } = await startCheckedService(t)
  const account = await newAccount(root)
  const list = await newAllowList(root, account, ['192.0.2.1'])
  const { id, token } = await newKey(root, account, { role: 'viewer' })
  const restricted = await newKey(root, account, { allow_list_ids: [list] })
  const key = `/v1/accounts/${account}/api-keys/${id}`
  const outcome = (name: string) => `aeon_keys_verdicts_total{outcome="${name}"}`

  /** How much a call adds to each of the metrics. Reading the metrics verifies nothing. */
  const added = async (names: readonly string[], act: () => Promise<unknown>) => {
    const before = await readMetrics(as(undefined))
    await act()
    const after = await readMetrics(as(undefined))
    return names.map((name) => (after.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN))
  }
  const work = [
    'aeon_keys_cache_hits_total',
    'aeon_keys_cache_misses_total',
    'aeon_keys_cache_stale_total',
    'aeon_keys_credential_reads_total',
    'aeon_keys_argon2_total',
  ]
  // The root key, which calls, is a cache hit each time.
  const cold = await added(work, () => root.verify(token))
  t.same(cold, [1, 1, 0, 1, 1], 'the first verification reads and hashes')
  t.same(await added(work, () => root.verify(token)), [2, 0, 0, 0, 0], 'the next does neither')
  const forged = `${token.slice(0, -11)}${'0'.repeat(11)}`
  t.same(await added(work, () => root.verify(forged)), [1, 1, 0, 0, 0], 'nor does a forged one')

  const denials: readonly [string, () => Promise<Json>][] = [
    ['valid', () => root.verify(token)],
    ['malformed', () => root.verify('x')],
    ['not_found', () => root.verify(forged)],
    ['wrong_account', () => root.verify(token, { account_id: id })],
    ['address_not_allowed', () => root.verify(restricted.token)],
    ['insufficient_permissions', () => root.verify(token, { permissions: ['cluster:delete'] })],
  ]
  for (const [name, act] of denials) {
    const [moved] = await added([outcome(name)], act)
    t.equal(moved, name === 'valid' ? 2 : 1, name)
  }
  for (const [act, name] of [
    ['disable', 'disabled'],
    ['enable', 'valid'],
    ['revoke', 'revoked'],
  ]) {
    await root.post(`${key}/${act}`, {})
    const [moved, stale] = await added([outcome(`${name}`), work[2] ?? ''], () =>
      root.verify(token),
    )
    t.same([moved, stale], [name === 'valid' ? 2 : 1, 1], `${act}: what was in memory is stale`)
  }
  const metrics = await readMetrics(as(undefined))
  t.equal(metrics.get('aeon_keys_cache_entries'), 3, 'a key that is denied has one too')
  t.equal(metrics.get('aeon_keys_use_records_pending'), 2)
  for (const name of [
    outcome('expired'),
    outcome('rotated'),
    'aeon_keys_cache_evictions_total',
    'aeon_keys_argon2_running',
    'aeon_keys_argon2_waiting',
    'aeon_keys_rehashes_total',
    'aeon_keys_pool_connections',
    'aeon_keys_pool_idle',
    'aeon_keys_pool_waiting',
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_seconds',
  ]) {
    t.ok(Number.isFinite(metrics.get(name)), name)
  }
})

test('/metrics has a renamed metric under its old name too', async (t) => {
  const { as } = await startCheckedService(t)
  const metrics = await readMetrics(as(undefined))
  for (const [name, formerName] of [
    ['aeon_keys_stale_loads_total', 'aeon_keys_fills_fenced_total'],
    ['aeon_keys_leases_expired', 'aeon_keys_cache_silent'],
    ['aeon_keys_sync_cycles_total', 'aeon_keys_feed_rounds_total'],
  ] as const) {
    t.ok(Number.isFinite(metrics.get(name)), name)
    t.equal(metrics.get(formerName), metrics.get(name), formerName)
  }
  t.ok((metrics.get('aeon_keys_sync_cycles_total') ?? 0) > 0, 'the value is the live one')
})

test('/metrics has one label for unknown routes, and none that a caller chooses', async (t) => {
  const { root, as } = await startCheckedService(t)
  const account = await newAccount(root)
  for (let path = 0; path < 20; path += 1) {
    await root.get(`/nope/${path}?a=${path}`)
    await root.get(`/v1/accounts/${account}/api-keys/${path}?cursor=${path}`)
    await root.call('OPTIONS', `/v1/${path}`)
    await root.get(`/%zz${path}`)
  }
  const { text } = await as(undefined).get('/metrics')
  const routes = new Set([...text.matchAll(/route="([^"]*)"/g)].map((match) => match[1]))
  t.ok(routes.has('none'))
  t.ok(routes.has('/v1/accounts/:account_id/api-keys/:id'))
  t.ok(routes.size <= 6, [...routes].join(' '))
  t.notMatch(text, account)
})

test('no log line contains a token, a URL or a query, wherever a caller puts them', async (t) => {
  const service = await startCheckedService(t, { settings: { LOG_LEVEL: 'trace' } })
  const { root, as, rootToken, logLines } = service
  const account = await newAccount(root)
  const { id } = await newKey(root, account)
  const keys = `/v1/accounts/${account}/api-keys`
  // A well-formed token of no key, which a description may contain.
  const secret = encodeBase62(Buffer.alloc(32, 11), 43)
  const token = `aeon_${encodeBase62(Buffer.alloc(16, 11), 22)}${secret}_00000000001`
  const jwtSecret = 'c2VjcmV0c2VjcmV0c2VjcmV0'
  const jwt = `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.${jwtSecret}.c2lnbmF0dXJl`

  const paths = (text: string) => [
    `/${text}`,
    `/v1/${text}?token=${text}&access_token=${text}`,
    `/v1/accounts/${text}`,
    `/v1/api-keys/${text}`,
    `${keys}/${text}`,
    `${keys}?nope=${text}&${text}=1`,
    `${keys}?cursor=${text}`,
    `${keys}?name=${text}`,
    `${keys}?status=${text}`,
    `/%zz${text}`,
  ]
  for (const text of [token, jwt]) {
    for (const path of paths(text)) {
      const answer = await root.get(path)
      t.notMatch(answer.text, secret, `the answer to ${path.slice(0, 30)}`)
      t.notMatch(answer.text, jwtSecret)
    }
    const sent: readonly [string, object][] = [
      ['/v1/verify', { token: text }],
      ['/v1/verify', { token: 'x', [text]: 1 }],
      ['/v1/verify', { token: 'x', client_ip: text.slice(0, 64) }],
      ['/v1/verify', { token: 'x', permissions: [text] }],
      ['/v1/verify/batch', { attempts: [{ token: text }, { token: text }] }],
      ['/v1/verify/batch', { attempts: [text, { token: 'x', [text]: 1 }] }],
      [keys, { name: 'a', role: text, expires_at: null }],
      [keys, { name: 'b', role: 'viewer', expires_at: text }],
      [keys, { name: 'c', role: 'viewer', expires_at: null, allow_list_ids: [text] }],
      [keys, { name: `d ${text.slice(-40)}`, role: 'viewer', expires_at: null, description: text }],
      [`${keys}/${id}/disable`, { reason: `leaked: ${text}` }],
      [`${keys}/${id}/enable`, { reason: text }],
      [`/v1/accounts/${account}/allow-lists`, { name: 'a', entries: [text.slice(0, 64)] }],
    ]
    for (const [path, body] of sent) await root.post(path, body)
    const headers = {
      'x-request-id': text.slice(0, 64),
      'user-agent': text,
      referer: `https://example.com/?token=${text}`,
      cookie: `token=${text}`,
      'x-acting-user': text,
    }
    await root.call('GET', keys, { headers })
    await as(text).get('/v1/me')
    await root.call('POST', keys, { raw: { type: 'application/json', text: `{"token":"${text}"` } })
    await root.call('POST', keys, { raw: { type: text.slice(0, 60), text } })
  }
  const log = logLines.join('')
  for (const part of [secret, jwtSecret, rootToken, rootToken.slice(-50)]) {
    t.notOk(log.includes(part), 'no secret')
  }
  for (const part of ['?token', 'access_token', 'cursor=', '%zz', 'example.com', 'user-agent']) {
    t.notOk(log.includes(part), part)
  }
})

test('each response has one log line with the request id, the route and the caller', async (t) => {
  const { root, as, logLines } = await startCheckedService(t)
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)
  const at = `/v1/accounts/${account}/api-keys/${id}`
  const route = '/v1/accounts/:account_id/api-keys/:id'
  const calls: readonly [Api, string, object][] = [
    [as(token), at, { route, status: 200, by: id, level: 'info' }],
    [as(token), `${at}?x=1`, { route, status: 400, by: id, level: 'info' }],
    [as(undefined), at, { route, status: 401, level: 'info' }],
    [as(token), '/nope', { route: null, status: 404, level: 'info' }],
    [as(undefined), '/livez', { route: '/livez', status: 200, level: 'debug' }],
  ]
  for (const [index, [caller, path, expected]] of calls.entries()) {
    const requestId = `line-${index}`
    await caller.call('GET', path, { headers: { 'x-request-id': requestId } })
    const lines = logLines
      .map((line): Json => JSON.parse(line))
      .filter((line) => line.request_id === requestId)
    t.match(lines, [{ ...expected, method: 'GET', message: 'answered', duration_ms: Number }])
    t.equal(lines.length, 1, path)
  }
})

test('/openapi.json is the committed document, and /docs shows it without external resources', async (t) => {
  const { as } = await startCheckedService(t)
  const nobody = as(undefined)
  const committed = await readFile(join(import.meta.dirname, '../../openapi/openapi.json'), 'utf8')
  const served = await nobody.get('/openapi.json')
  t.same(served.body, JSON.parse(committed))
  t.equal((await nobody.get('/docs/json')).text, served.text)

  const page = await nobody.get('/docs')
  t.match(page.headers['content-type'], /^text\/html/)
  const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => `${match[1]}`)
  t.ok(loaded.length >= 4, loaded.join(' '))
  for (const path of loaded) {
    t.match(path, /^\.?\/(?!\/)/, `${path} is of this host`)
    const { pathname } = new URL(path, 'http://x/docs/')
    const file = await nobody.get(pathname.replace(/^\/static/, '/docs/static'))
    t.equal(file.status, 200, path)
    if (!path.endsWith('.css')) continue
    t.notMatch(file.text, /(?:url\(|@import)\s*["']?(?:https?:)?\/\//, `${path} loads nothing`)
  }
  const initializer = await nobody.get('/docs/static/swagger-initializer.js')
  t.match(initializer.text, 'validatorUrl: null')
  t.match(initializer.text, "layout: 'BaseLayout'", 'no logo, whose style the policy forbids')
  t.notMatch(initializer.text, /["']https?:\/\/(?!stackoverflow)/)

  const policy = String(page.headers['content-security-policy'])
  t.match(policy, "default-src 'self'")
  t.notMatch(policy, /\bhttps?:|\w\.\w|\*|unsafe/, `nothing from outside may load: ${policy}`)
  t.notMatch(policy, 'upgrade-insecure-requests', 'the service itself speaks plain HTTP')
})

async function readMetrics(api: Api): Promise<Map<string, number>> {
  const { text } = await api.get('/metrics')
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    samples.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}
