/** Streams that break under the client: cut, silent, half open, garbled; and tokens that end. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { createVerifier } from '../../clients/typescript/src/client.ts'
import { closeCodes } from '../../src/domain/edge/edge-protocol.ts'
import { endOfStream } from '../../src/edge/stream-end.ts'
import { attachVerifier } from '../helpers/attached-verifier.ts'
import { startEdgeSite } from '../helpers/edge-sites.ts'
import { fakeToken, startFakeInstance, validAnswer } from '../helpers/fake-instance.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'

const token = fakeToken()

t.test('a stream that is cut is replaced, and memory answers by its lease meanwhile', async (t) => {
  const instance = await startFakeInstance(t)
  const verifier = await attachVerifier(t, { url: instance.url })
  t.match(await verifier.verify(token), { valid: true })
  const detached = once(verifier, 'detached')
  const attached = once(verifier, 'attached')
  instance.streams[0]?.socket.terminate()
  t.match(await detached, [{ code: 'unavailable', message: /1006/ }])
  t.match(verifier.verifySync(token), { valid: true }, 'the lease lasts')
  await attached
  t.equal(verifier.verifySync(token), undefined, 'a new stream: all that it had is dropped')
  t.match(instance.streams[1]?.told[0], { kind: 'hello', replaces: 's' })
  t.match(await verifier.verify(token), { valid: true })
})

t.test('a stream that gets nothing for a whole lease is given up, and replaced', async (t) => {
  const instance = await startFakeInstance(t, { leaseMs: 300 })
  const verifier = await attachVerifier(t, { url: instance.url })
  await verifier.verify(token)
  const detached = once(verifier, 'detached')
  const attached = once(verifier, 'attached')
  instance.streams[0]?.fallSilent()
  t.match(await detached, [{ message: 'The service has sent nothing for a whole lease.' }])
  t.equal(verifier.verifySync(token), undefined, 'its lease has ended')
  await attached
  t.equal(instance.streams.length, 2)
})

t.test('a stream that is never welcomed is given up, and replaced', async (t) => {
  const instance = await startFakeInstance(t, { welcomes: (number) => number > 1 })
  const verifier = createVerifier({ url: instance.url, token: 'own', timeoutMs: 300 })
  t.teardown(() => verifier.close())
  const detached = once(verifier, 'detached')
  const attached = once(verifier, 'attached')
  t.match(await detached, [{ message: 'The service did not welcome this process.' }])
  await attached
  t.ok(instance.streams.length > 1)
})

t.test('a service that accepts connections and says nothing is an outage in time', async (t) => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}`
  const verifier = createVerifier({ url, token: 'own', timeoutMs: 300 })
  t.teardown(async () => {
    await verifier.close()
    server.close()
  })
  t.match(await verifier.ready(), { isReady: false, error: { code: 'unavailable' } })
  await t.rejects(verifier.verify(token), { code: 'unavailable' })
})

const { key, ...withoutKey } = validAnswer
const garbage: Readonly<Record<string, string | Buffer>> = {
  'what is no JSON': '{',
  'a binary frame': Buffer.from('{"kind":"dismissed","reason":"slow"}'),
  'a message of an unknown kind': '{"kind":"restricted"}',
  'a change of an unknown kind': JSON.stringify({
    kind: 'invalidated',
    sequence: 1,
    changes: [{ kind: 'network', id: 'x' }],
  }),
  'a valid verdict without a key': JSON.stringify({
    kind: 'answered',
    question: 1,
    answer: { ...withoutKey, key: null },
  }),
  'facts with rights that were not announced': JSON.stringify({
    kind: 'answered',
    question: 1,
    answer: { ...withoutKey, key: { ...key, rights: 7 } },
  }),
  'a frame that is longer than any': 'x'.repeat(3 * 1024 * 1024),
}
for (const [name, frame] of Object.entries(garbage)) {
  t.test(`${name} ends the stream, and nothing that it told answers any more`, async (t) => {
    const instance = await startFakeInstance(t)
    const verifier = await attachVerifier(t, { url: instance.url })
    await verifier.verify(token)
    t.match(verifier.verifySync(token), { valid: true })
    const detached = once(verifier, 'detached')
    const attached = once(verifier, 'attached')
    instance.streams[0]?.socket.send(frame)
    t.match(await detached, [{ code: 'unavailable' }])
    if (frame.length < 1_000) t.equal(verifier.verifySync(token), undefined)
    await attached
    t.equal(verifier.verifySync(token), undefined)
    t.match(await verifier.verify(token), { valid: true }, 'and it is attached again')
  })
}

t.test('each code by which the service closes a stream has a sentence of its own', async (t) => {
  const codes = [...Object.values(closeCodes), 1002, 1007, 1008, 1009]
  const messages = codes.map((code) => endOfStream(code, '').message)
  t.equal(new Set(messages).size, codes.length)
  for (const message of messages) t.notMatch(message, /has closed the stream/)
  t.match(endOfStream(4005, 'A second hello.').message, /\(4005\) It says: A second hello\.$/)
})

t.test('a key is warned of by the clock that judges it', async (t) => {
  const hourMs = 3_600_000
  const expiresAt = Date.now() + 2 * hourMs
  const answer = { ...validAnswer, key: { ...key, expiresAt } }
  const ahead = { aheadMs: 1.5 * hourMs, expiryWarningMs: hourMs }
  const instance = await startFakeInstance(t, { answer, ...ahead })
  const verifier = await attachVerifier(t, { url: instance.url })
  const expected = { valid: true, warnings: ['expires_soon'] }
  t.match(await verifier.verify(token), expected, 'asked')
  t.match(verifier.verifySync(token), expected, 'from memory')
})

t.test('a call that is aborted leaves the others, and its signal, alone', async (t) => {
  const instance = await startFakeInstance(t)
  const verifier = await attachVerifier(t, { url: instance.url })
  const aborting = new AbortController()
  const { signal } = aborting
  const [aborted, other] = [verifier.verify(token, { signal }), verifier.verify(token)]
  const refused = t.rejects(aborted, { message: 'enough' })
  aborting.abort(new Error('enough'))
  await refused
  t.match(await other, { valid: true })
  await t.rejects(verifier.verify(token, { signal }), { message: 'enough' }, 'aborted before')
  t.match(verifier.counters, { valid: 1, failed: 1 })
})

t.test(
  'a verifier that is closed hands over what it has counted, and says that it goes',
  async (t) => {
    const instance = await startFakeInstance(t)
    const verifier = await attachVerifier(t, { url: instance.url })
    for (let use = 0; use < 3; use += 1) await verifier.verify(token)
    await verifier.close()
    const told = instance.streams[0]?.told ?? []
    t.match(
      told.findLast(({ kind }) => kind === 'beat'),
      { report: { uses: [{ count: 2 }] } },
    )
    t.equal(told.at(-1)?.kind, 'gone')
  },
)

t.test('a verifier whose token is rotated attaches anew with the next one', async (t) => {
  const site = await startEdgeSite(t, { EDGES_MAX: '4' })
  const own = await site.newVerifier()
  let current = own.token
  const verifier = await attachVerifier(t, { url: site.address, token: async () => current })
  const good = await newKey(site.root, await newAccount(site.root))
  t.match(await verifier.verify(good.token), { valid: true })
  const detached = once(verifier, 'detached')
  const attached = once(verifier, 'attached')
  const path = `/v1/accounts/${site.platform}/api-keys/${own.id}/rotate`
  const { body } = await site.root.post(path, { overlap_seconds: 0 })
  current = body.token
  t.match(await detached, [{ code: 'caller_refused', message: /4002/ }])
  await attached
  t.match(await verifier.verify(good.token), { valid: true })
})
