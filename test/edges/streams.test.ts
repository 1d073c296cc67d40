import { randomUUID } from 'node:crypto'
import t from 'tap'
import { WebSocket } from 'ws'
import { flushLast } from '../../src/process/flush-last.ts'
import { startEdgeSite } from '../helpers/edge-sites.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { until } from '../helpers/until.ts'

const site = await startEdgeSite(t, { EDGES_MAX: '8', EDGE_LEASE_MS: '600' })
const { root, attach, started, newVerifier, address } = site
const account = await newAccount(root)
const keys = `/v1/accounts/${account}/api-keys`
const edges = started.service.deps.edges

t.test('an edge may keep what its instance could answer from memory', async (t) => {
  const edge = await attach()
  t.match(await edge.take('welcome'), { version: 1, leaseMs: 600, maxQuestions: 1_000 })
  const leaseMs = await edge.leased()
  t.ok(leaseMs <= 600, 'within EDGE_LEASE_MS')
  const key = await newKey(root, account)
  const answer = await edge.ask(key.token)
  t.match(answer, {
    kind: 'verdict',
    reason: null,
    mayKeep: true,
    key: { id: key.id, name: key.body.name },
  })
  const rights = await edge.take('rights')
  t.match(rights, {
    number: answer.kind === 'verdict' ? answer.key?.rights : -1,
    role: { name: 'admin' },
  })
  t.ok(rights.permissions.length > 10)
  t.match(await edge.ask((await newKey(root, account)).token), { reason: null, mayKeep: true })
  t.notOk(
    edge.told.some(({ kind }) => kind === 'rights'),
    'a role is sent once',
  )
  t.match(await edge.ask('forged'), { reason: 'malformed', key: null, mayKeep: false })
  const last = key.token.endsWith('A') ? 'B' : 'A'
  t.match(await edge.ask(key.token.slice(0, -1) + last), { key: null, mayKeep: false })
  edge.socket.close()
})

t.test('the conditions of a question are judged by the instance', async (t) => {
  const edge = await attach()
  await edge.leased()
  const list = await newAllowList(root, account, ['192.0.2.0/24', '2001:db8::/32'])
  const restricted = { allow_list_ids: [list] }
  const key = await newKey(root, account, { role: 'viewer', ...restricted })
  t.match(await edge.ask(key.token, { clientIp: '203.0.113.1' }), {
    reason: 'address_not_allowed',
    mayKeep: false,
  })
  t.match(await edge.ask(key.token, { clientIp: '192.0.2.1' }), { reason: null, mayKeep: true })
  const { ipv4, ipv6 } = await edge.take('addresses')
  t.same(ipv4, { firsts: [0xc000_0200], lasts: [0xc000_02ff] })
  t.same(ipv6.firsts, [0x2001_0db8, 0, 0, 0])
  const other = { clientIp: '192.0.2.1', accountId: randomUUID() }
  t.match(await edge.ask(key.token, other), { reason: 'wrong_account', mayKeep: true })
  const asked = { clientIp: '192.0.2.1', permissions: ['cluster:delete'], accountId: account }
  t.match(await edge.ask(key.token, asked), { reason: 'insufficient_permissions', mayKeep: true })
  const broken = [
    { clientIp: 'nowhere' },
    { accountId: 'acme' },
    { permissions: [''] },
    { permissions: [`a:${'b'.repeat(5_000)}`] },
    { permissions: Array(51).fill('a:read') },
  ]
  for (const conditions of broken) {
    const answer = await edge.ask(key.token, conditions)
    t.same(answer, { kind: 'no_verdict', cause: 'invalid' }, JSON.stringify(conditions))
  }
  edge.socket.close()
})

t.test('an edge judges a key with as many addresses as a key may have', async (t) => {
  const lists: string[] = []
  for (let list = 0; list < 10; list += 1) {
    const entries = Array.from({ length: 100 }, (_, index) => `10.${list}.${index}.2`)
    lists.push(await newAllowList(root, account, entries, `list ${list}`))
  }
  const key = await newKey(root, account, { allow_list_ids: lists })
  const edge = await attach()
  await edge.leased()
  t.match(await edge.ask(key.token, { clientIp: '10.0.0.2' }), { reason: null, mayKeep: true })
  const { ipv4 } = await edge.take('addresses')
  t.equal(ipv4.firsts.length, 1_000)
  edge.socket.close()
})

t.test('an edge with older rules is told verdicts and no facts', async (t) => {
  const edge = await attach({ judge: 0 })
  await edge.leased()
  const key = await newKey(root, account)
  t.match(await edge.ask(key.token), { reason: null, mayKeep: false, key: { id: key.id } })
  t.match(await edge.ask(key.token), { reason: null, mayKeep: false })
  edge.socket.close()
})

t.test('a revocation is told to an edge before its receipt is complete', async (t) => {
  const edge = await attach()
  await edge.leased()
  const key = await newKey(root, account)
  await edge.ask(key.token)
  const { body } = await root.post(`${keys}/${key.id}/revoke`)
  t.match(body.receipt, { state: 'complete' })
  const told = await edge.take('invalidated', ({ changes }) =>
    changes.some((change) => 'id' in change && change.id === key.id),
  )
  t.ok(told)
  t.match(await edge.ask(key.token), { reason: 'revoked', key: { revokedAt: Number } })
  edge.socket.close()
})

t.test(
  'a receipt waits for an edge that does not confirm, until its lease has ended',
  async (t) => {
    const edge = await attach({ confirms: false })
    await edge.take('welcome')
    await edge.beat()
    const key = await newKey(root, account)
    const { body } = await root.post(`${keys}/${key.id}/revoke`, { wait_ms: 100 })
    t.match(body.receipt, { state: 'pending' })
    const { revision, id } = body.receipt
    await until(async () => {
      const { body } = await root.get(`/v1/revisions/${revision}?id=${id}&wait_ms=1000`)
      return body.receipt.state === 'complete'
    })
    edge.socket.terminate()
  },
)

t.test('a receipt does not wait for an edge that has gone', async (t) => {
  const edge = await attach({ confirms: false })
  await edge.take('welcome')
  await edge.beat()
  edge.send({ kind: 'gone' })
  t.same(await edge.closed, { code: 1000, reason: 'gone' })
  const key = await newKey(root, account)
  const { body } = await root.post(`${keys}/${key.id}/revoke`, { wait_ms: 100 })
  t.match(body.receipt, { state: 'complete' })
})

t.test('an edge that attaches anew releases its former stream', async (t) => {
  const former = await attach({ confirms: false })
  const { stream } = await former.take('welcome')
  await former.beat()
  const edge = await attach({ replaces: stream })
  await edge.take('welcome')
  t.match(await former.closed, { code: 1000 })
  const key = await newKey(root, account)
  const { body } = await root.post(`${keys}/${key.id}/revoke`, { wait_ms: 100 })
  t.match(body.receipt, { state: 'complete' })
  edge.socket.close()
})

t.test('an edge whose key is revoked is suspended in that step, and dismissed', async (t) => {
  const verifier = await newVerifier()
  const edge = await attach({ token: verifier.token })
  await edge.leased()
  const { body } = await root.post(`/v1/accounts/${site.platform}/api-keys/${verifier.id}/revoke`)
  t.match(body.receipt, { state: 'complete' })
  t.ok(await edge.take('suspended'))
  t.same(await edge.take('dismissed'), { kind: 'dismissed', reason: 'caller_changed' })
  t.match(await edge.closed, { code: 4002 })
  await t.rejects(attach({ token: verifier.token }), { message: '401' })
})

t.test('an edge is suspended while its account changes, and goes on if it may', async (t) => {
  const edge = await attach()
  await edge.leased()
  await newRole(root, site.platform, `role ${randomUUID()}`, ['api_key:verify'])
  const role = await newRole(root, site.platform, `other ${randomUUID()}`, ['api_key:verify'])
  await root.put(`/v1/accounts/${site.platform}/roles/${role}`, {
    name: `third ${randomUUID()}`,
    permissions: [],
  })
  await edge.take('suspended')
  t.ok((await edge.leased()) > 0)
  edge.socket.close()
})

t.test('a lease of an edge ends with its key', async (t) => {
  const long = await startEdgeSite(t, { EDGES_MAX: '8', EDGE_LEASE_MS: '30000' })
  const expiresAt = Date.now() + 3_600_000
  const verifier = await long.newVerifier({ expires_at: new Date(expiresAt).toISOString() })
  const edge = await long.attach({ token: verifier.token })
  t.ok((await edge.leased()) > 15_000, 'longer than the key is going to last')
  long.started.clock.offsetMs = 3_600_000 - 15_000
  t.ok((await edge.beat()) <= 15_000)
  long.started.clock.offsetMs = 3_600_001
  const granted = edge.beat().catch(() => 0)
  t.match(await edge.take('dismissed'), { reason: 'caller_changed' })
  t.equal(await granted, 0)
})

t.test(
  'what an edge counted is written to its keys, and a repeated report counts once',
  async (t) => {
    const edge = await attach()
    await edge.leased()
    const key = await newKey(root, account)
    const lastUsedAtMs = Date.now() + 3_600_000
    const uses = [
      { apiKeyId: key.id, count: 5, lastUsedAtMs },
      { apiKeyId: randomUUID(), count: 5, lastUsedAtMs },
    ]
    const denials = [
      {
        apiKeyId: key.id,
        reason: 'expired' as const,
        clientIp: '192.0.2.7',
        count: 3,
        lastDeniedAtMs: lastUsedAtMs,
      },
      {
        apiKeyId: key.id,
        reason: 'insufficient_permissions' as const,
        count: 3,
        lastDeniedAtMs: 1,
      },
    ]
    const report = { number: 1, uses, denials }
    edge.send({ kind: 'beat', number: 1_000, report })
    t.same(await edge.take('reported'), { kind: 'reported', number: 1 })
    edge.send({ kind: 'beat', number: 1_001, report })
    t.same(await edge.take('reported'), { kind: 'reported', number: 1 })
    // A stop loses nothing of it.
    await flushLast(started.service.deps)
    const { body } = await root.get(`${keys}/${key.id}`)
    t.equal(body.api_key.use_count, 5)
    t.ok(Date.parse(body.api_key.last_used_at) <= Date.now(), 'no time of an edge is in the future')
    const { body: events } = await root.get(
      `/v1/accounts/${account}/audit-events?action=api_key.denied&resource_id=${key.id}`,
    )
    t.match(events.audit_events, [
      { after: { reason: 'expired', count: 3, client_ip: '192.0.2.7' } },
    ])
    edge.socket.close()
  },
)

const faults: Readonly<Record<string, readonly [string | Buffer, number]>> = {
  'a frame that is no JSON': ['{', 4005],
  'a message of an unknown kind': ['{"kind":"subscribe"}', 4005],
  'a binary frame': [Buffer.from('{"kind":"gone"}'), 4005],
  'a second hello': [
    JSON.stringify({ kind: 'hello', version: 1, judge: 1, edge: randomUUID() }),
    4005,
  ],
  'a confirmation of the future': ['{"kind":"confirmed","sequence":1000000}', 4005],
  'a beat out of order': ['{"kind":"beat","number":1}', 4005],
  'a frame of 1 MB': ['x'.repeat(1024 * 1024), 1009],
}
for (const [name, [frame, code]] of Object.entries(faults)) {
  t.test(`${name} ends the stream with a code and a reason, and receipts go on`, async (t) => {
    const edge = await attach({ leaves: false })
    await edge.leased()
    edge.socket.send(frame)
    const { code: closedBy, reason } = await edge.closed
    t.equal(closedBy, code)
    if (code === 4005) t.match(reason, /\.$/)
    const key = await newKey(root, account)
    const { body } = await root.post(`${keys}/${key.id}/revoke`, { wait_ms: 30_000 })
    t.match(body.receipt, { state: 'complete' })
  })
}

t.test('a stream of another version, or without a hello first, ends', async (t) => {
  const other = await attach({ isSilent: true })
  other.send({ kind: 'hello', version: 2, judge: 1, edge: randomUUID() })
  t.same(await other.closed, { code: 4006, reason: 'This service speaks version 1.' })
  const early = await attach({ isSilent: true })
  early.send({ kind: 'beat', number: 1 })
  t.match(await early.closed, { code: 4005 })
})

t.test('a compressed frame ends the stream', async (t) => {
  const edge = await attach()
  await edge.take('welcome')
  // FIN, RSV1, text, of no bytes, masked (RFC 6455, section 5.2; RFC 7692, section 6).
  const underneath = Reflect.get(edge.socket, '_socket')
  underneath.write(Buffer.from([0xc1, 0x80, 0, 0, 0, 0]))
  t.match(await edge.closed, { code: 1002 })
})

t.test('10,000 questions at once are answered, with a verdict or as too many', async (t) => {
  const edge = await attach()
  await edge.leased()
  const tokens = await Promise.all(Array.from({ length: 3 }, () => newKey(root, account)))
  const answers = await Promise.all(
    Array.from({ length: 10_000 }, (_, index) => edge.ask(tokens[index % 3]?.token ?? '')),
  )
  t.equal(answers.length, 10_000)
  const causes = new Set(
    answers.map((answer) => (answer.kind === 'verdict' ? answer.reason : answer.cause)),
  )
  t.ok(
    [...causes].every((cause) => cause === null || cause === 'overloaded'),
    [...causes].join(),
  )
  edge.socket.close()
})

t.test('an edge that says nothing, or does not go when it is dismissed, is given up', async (t) => {
  const [mute, silent] = [await attach({ isSilent: true }), await attach()]
  await silent.take('welcome')
  started.moment.monotonicMs += 11_000
  t.match(await mute.closed, { code: 4004 })
  t.match(await silent.take('dismissed'), { reason: 'silent' })
  t.match(await silent.closed, { code: 4004 })
  const verifier = await newVerifier()
  const staying = await attach({ token: verifier.token, leaves: false })
  await staying.leased()
  await root.post(`/v1/accounts/${site.platform}/api-keys/${verifier.id}/revoke`)
  await staying.take('dismissed')
  started.moment.monotonicMs += 1_100
  t.match(await staying.closed, { code: 4002 })
})

t.test('no more edges than EDGES_MAX are attached, and only by keys that may verify', async (t) => {
  await until(() => edges?.open === 0)
  const attached = await Promise.all(Array.from({ length: 8 }, () => attach()))
  await t.rejects(attach(), { message: '503' })
  for (const edge of attached) edge.socket.close()
  await until(() => edges?.open === 0)
  const tenant = await newKey(root, account)
  await t.rejects(attach({ token: tenant.token }), { message: '403' })
  const idle = await newKey(root, site.platform, {
    role: await newRole(root, site.platform, `n ${randomUUID()}`, []),
  })
  await t.rejects(attach({ token: idle.token }), { message: '403' })
  await t.rejects(attach({ token: 'forged' }), { message: '401' })
  t.match(await root.get('/v1/edge'), { status: 400, body: { code: 'invalid_request' } })
  const offered = new WebSocket(`${address.replace('http', 'ws')}/v1/edge`, 'aeon-keys.edge.v2', {
    headers: { authorization: `Bearer ${site.verifier.token}` },
  })
  const refused = Promise.withResolvers<number | undefined>()
  offered.on('unexpected-response', (_request, { statusCode }) => refused.resolve(statusCode))
  offered.on('error', () => undefined)
  t.equal(await refused.promise, 400)
  offered.terminate()
})

t.test('the metrics count edges, facts, invalidations and dismissals by cause', async (t) => {
  let text = ''
  const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  // On a busy machine an edge that does not confirm may be gone before the metrics are read.
  await until('the metrics count an edge that has not confirmed', async () => {
    const edge = await attach({ confirms: false })
    await edge.leased()
    await edge.ask((await newKey(root, account)).token)
    const key = await newKey(root, account)
    await root.post(`${keys}/${key.id}/revoke`, { wait_ms: 0 })
    await edge.take('invalidated')
    text = await (await fetch(`${address}/metrics`)).text()
    edge.socket.terminate()
    return metric('aeon_keys_edges') === 1
  })
  t.ok(metric('aeon_keys_edge_facts_sent_total') > 5)
  t.ok(metric('aeon_keys_edge_invalidations_total') > 5)
  t.ok(metric('aeon_keys_edge_confirmation_lag_seconds') > 0)
  t.ok(
    metric('aeon_keys_edge_dismissals_total{reason="caller_changed"}'.replace(/[{}]/g, '\\$&')) >=
      2,
  )
})

t.test(
  'a service that stops dismisses its edges, and does not wait for their connections',
  async (t) => {
    const [edge, staying] = [await attach(), await attach({ leaves: false, isSilent: true })]
    await edge.leased()
    await started.stop()
    t.same(await edge.take('dismissed'), { kind: 'dismissed', reason: 'stopping' })
    t.match(await edge.closed, { code: 4001 })
    t.match(await staying.closed, { code: 4001 })
  },
)
