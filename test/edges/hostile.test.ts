import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { forgeTokens } from '../../bench/datasets/forge.ts'
import { startEdgeSite } from '../helpers/edge-sites.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw, heat } from '../helpers/instances.ts'
import type { TestEdge } from '../helpers/test-edge.ts'
import { until } from '../helpers/until.ts'

const site = await startEdgeSite(t, { EDGES_MAX: '8', EDGE_LEASE_MS: '600' })
const { root, attach, started } = site
const { deps } = started.service
const account = await newAccount(root)

const socketOf = ({ socket }: TestEdge): Socket => Reflect.get(socket, '_socket')

/** Whatever an edge does, a revocation is complete in time, and everybody else denies the key. */
async function requireReceiptsGoOn(t: Test): Promise<void> {
  const other = await attach()
  await other.leased()
  other.keepBeating()
  const key = await newKey(root, account)
  t.match(await other.ask(key.token), { reason: null })
  const path = `/v1/accounts/${account}/api-keys/${key.id}/revoke`
  const { body } = await root.post(path, { wait_ms: 30_000 })
  t.match(body.receipt, { state: 'complete' })
  t.match(await other.ask(key.token), { reason: 'revoked' })
  t.match(await root.verify(key.token), { valid: false, reason: 'revoked' })
  other.send({ kind: 'gone' })
  await other.closed
}

t.test('an edge that does not read what waits for it is dismissed as slow', async (t) => {
  const key = await newKey(root, account)
  await heat(started, key.token)
  const edge = await attach()
  await edge.leased()
  const { slow = 0 } = deps.edges?.dismissals ?? {}
  socketOf(edge).pause()
  // One that does not beat would be dismissed as silent on a busy machine.
  edge.keepBeating()
  // More than the buffers of both sockets hold, and the mebibyte that may wait.
  for (let question = 1; deps.edges?.dismissals.slow === slow; question += 1) {
    edge.send({ kind: 'asked', question, of: { token: key.token } })
    if (question % 1_000 === 0) await new Promise((turn) => setImmediate(turn))
  }
  await until(() => deps.edges?.open === 0)
  socketOf(edge).resume()
  await edge.closed
  await requireReceiptsGoOn(t)
})

t.test('a flood of forged tokens costs the database nothing, and delays nobody', async (t) => {
  const key = await newKey(root, account)
  await heat(started, key.token)
  const edge = await attach()
  await edge.leased()
  const [token = ''] = [key.token]
  const forged = Array.from({ length: 3_000 }, () => forgeTokens([token])[0] ?? '')
  t.equal(new Set(forged).size, forged.length, 'no two alike')
  const before = { ...deps.counters }
  const entries = deps.cache.size
  while (forged.length > 0) {
    // As many as may be under way, with the one that is asked beside them.
    const flood = Promise.all(forged.splice(0, 999).map((one) => edge.ask(one)))
    t.match(await root.verify(key.token), { valid: true })
    t.match(await edge.ask(key.token), { reason: null, mayKeep: true })
    for (const answer of await flood) {
      t.match(answer, { kind: 'verdict', reason: 'not_found', key: null, mayKeep: false })
    }
  }
  t.equal(deps.counters.credentialReads, before.credentialReads)
  t.equal(deps.cache.size, entries, 'and takes no memory')
  edge.socket.close()
})

t.test('a beat does not wait for the questions that came before it', async (t) => {
  const key = await newKey(root, account)
  await heat(started, key.token)
  const edge = await attach()
  await edge.leased()
  const kinds: string[] = []
  edge.socket.on('message', (data) => kinds.push(JSON.parse(data.toString()).kind))
  const answers = Array.from({ length: 1_000 }, () => edge.ask(key.token))
  await edge.beat()
  for (const answer of await Promise.all(answers)) t.match(answer, { reason: null })
  t.ok(kinds.indexOf('granted') < kinds.lastIndexOf('answered'), 'questions have their turns')
  edge.socket.close()
})

t.test('an edge that lies about what it has applied harms nobody else', async (t) => {
  // It confirms every message, and applies none.
  const liar = await attach({ confirms: true })
  await liar.leased()
  const key = await newKey(root, account)
  t.match(await liar.ask(key.token), { reason: null, mayKeep: true })
  await requireReceiptsGoOn(t)
  await root.post(`/v1/accounts/${account}/api-keys/${key.id}/revoke`, { wait_ms: 30_000 })
  t.match(await liar.ask(key.token), { reason: 'revoked', mayKeep: true }, 'it gets the truth')
  t.ok((await liar.beat()) <= 600, 'for no longer than a lease')
  liar.socket.close()
})

t.test('a stream is released by its secret id alone', async (t) => {
  const other = await attach({ confirms: false })
  const { stream } = await other.take('welcome')
  await other.leased()
  const counted = deps.edges?.counted ?? 0
  const guessing = await attach({ replaces: randomUUID() })
  await guessing.take('welcome')
  t.equal(deps.edges?.counted, counted)
  t.match(stream, /^[0-9a-f-]{36}$/)
  t.not((await attach().then((edge) => edge.take('welcome'))).stream, stream)
  for (const edge of [other, guessing]) edge.socket.terminate()
})

t.test('an edge that attaches anew after its stream was cut holds up no receipt', async (t) => {
  await until(() => deps.edges?.counted === 0)
  const cut = await attach({ confirms: false })
  const { stream } = await cut.take('welcome')
  await cut.leased()
  const closedBefore = deps.edges?.open ?? 0
  cut.socket.terminate()
  await until(() => (deps.edges?.open ?? 0) < closedBefore)
  t.equal(deps.edges?.counted, 1, 'it may still answer')
  const anew = await attach({ replaces: stream })
  await anew.take('welcome')
  t.equal(deps.edges?.counted, 0, 'until it says that it has dropped everything')
  anew.socket.terminate()
})

t.test('counts that no edge can have are refused, and spoil no flush', async (t) => {
  const [victim, other] = [await newKey(root, account), await newKey(root, account)]
  const entry = { apiKeyId: victim.id, lastUsedAtMs: Date.now() }
  const report = (count: number) => ({
    number: 1,
    uses: Array.from({ length: 500 }, () => ({ ...entry, count })),
    denials: [],
  })
  for (const count of [Number.MAX_SAFE_INTEGER, 1_000_000_001]) {
    const liar = await attach()
    liar.send({ kind: 'beat', number: 1, report: report(count) })
    t.equal((await liar.closed).code, 4005, String(count))
  }
  const raw = await connectRaw(t, started.database.url)
  const most = String(Number.MAX_SAFE_INTEGER)
  t.match(await root.verify(victim.token), { valid: true })
  await deps.uses.flush(deps.db)
  await raw.query(`update api_key_usage set use_count = ${most}`)
  const liar = await attach()
  liar.send({ kind: 'beat', number: 1, report: report(1_000_000_000) })
  await liar.take('reported')
  t.match(await root.verify(other.token), { valid: true })
  await deps.edges?.reports.flush(deps)
  await deps.uses.flush(deps.db)
  const { rows } = await raw.query<{ id: string; uses: string }>(
    'select api_key_id as id, use_count as uses from api_key_usage',
  )
  const usesOf = (id: string) => rows.find((row) => row.id === id)?.uses
  t.equal(usesOf(victim.id), most, 'a sum ends there')
  t.equal(usesOf(other.id), '1')
  liar.socket.terminate()
})

/** A frame of a client: masked with zeros (RFC 6455, section 5.2). */
function frame(first: number, payload: Buffer): Buffer {
  const head = Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0])
  return Buffer.concat([head, payload])
}

const garbage: Readonly<Record<string, readonly [Buffer, number]>> = {
  'text that is no UTF-8': [frame(0x81, Buffer.from([0xff, 0xfe])), 1007],
  'a frame that is not masked': [Buffer.from([0x81, 0x02, 0x7b, 0x7d]), 1002],
  'an opcode that does not exist': [frame(0x83, Buffer.alloc(0)), 1002],
  'a continuation of nothing': [frame(0x80, Buffer.from('{}')), 1002],
  'a compressed frame': [frame(0xc1, Buffer.alloc(0)), 1002],
  'bytes that are no frame': [Buffer.from('GET / HTTP/1.1\r\n\r\n'), 1002],
  'a message that names a prototype': [frame(0x81, Buffer.from('{"kind":"__proto__"}')), 4005],
  'JSON that is no object': [frame(0x81, Buffer.from('["beat",1]')), 4005],
}
for (const [name, [bytes, code]] of Object.entries(garbage)) {
  t.test(`${name} ends a stream with a code, and receipts go on`, async (t) => {
    const edge = await attach({ leaves: false })
    await edge.leased()
    socketOf(edge).write(bytes)
    t.equal((await edge.closed).code, code)
    await requireReceiptsGoOn(t)
  })
}
