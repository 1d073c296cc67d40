/** Calls of an edge that wait for its next stream: for one attempt to attach, and no longer. */
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Attempt, Verdict } from '../../src/domain/verdict.ts'
import { EdgeVerdicts } from '../../src/edge-mode/edge-verdicts.ts'
import {
  type FakeInstance,
  type FakeOptions,
  fakeToken,
  startFakeInstance,
} from '../helpers/fake-instance.ts'
import { until } from '../helpers/until.ts'

const token = fakeToken()
const attempt: Attempt = { address: undefined, permissions: [], accountId: undefined }

t.test('calls wait for the next stream while an instance stops', async (t) => {
  const { verdicts, instance } = await startEdge(t)
  await stop(verdicts, instance)
  t.match(await verify(verdicts), { valid: true })
  t.equal(instance.streams.length, 2)
})

t.test('a call that waits for a stream fails in time', async (t) => {
  const welcomes = (number: number) => number === 1
  const { verdicts, instance } = await startEdge(t, { welcomes }, 300)
  await stop(verdicts, instance)
  // The attempt to attach fails only 300 ms after it began, and it has not begun yet.
  const refused = t.rejects(verify(verdicts), { code: 'unavailable' })
  t.equal(await firstOf(refused, 550), 'refused')
  await refused
  t.equal(verdicts.unanswered, 1)
})

t.test('what has waited for a stream has only the rest of its time to be answered', async (t) => {
  const { verdicts, instance } = await startEdge(t, { answers: () => false }, 1_000)
  await stop(verdicts, instance)
  const startedAt = performance.now()
  const asked = t.rejects(verify(verdicts), { code: 'unavailable', message: /1000 ms/ })
  await until(() => verdicts.attachments === 2)
  const waitedMs = performance.now() - startedAt
  t.equal(await firstOf(asked, 1_000 - waitedMs / 2), 'refused')
  await asked
})

t.test('more calls than may wait for a stream are an overload, and no outage', async (t) => {
  const { verdicts, instance } = await startEdge(t)
  await stop(verdicts, instance)
  const calls = Array.from({ length: 1_000 }, () => verify(verdicts))
  await t.rejects(verify(verdicts), { code: 'overloaded' })
  const answered = await Promise.all(calls)
  t.ok(answered.every(({ valid }) => valid))
})

t.test('an edge that is closed fails the calls under way, and those that follow', async (t) => {
  const { verdicts, instance } = await startEdge(t, { answers: () => false })
  const asked = t.rejects(verify(verdicts), { code: 'unavailable', message: /was closed/ })
  await verdicts.close()
  await asked
  await t.rejects(verify(verdicts), { code: 'unavailable', message: /was closed/ })

  const other = await startEdge(t)
  await stop(other.verdicts, other.instance)
  const waiting = t.rejects(verify(other.verdicts), { code: 'unavailable', message: /was closed/ })
  await other.verdicts.close()
  await waiting
  t.equal(instance.streams.length + other.instance.streams.length, 2)
})

/**
 * What is over first, on a busy machine too: Node.js ends timers in the order in which they are
 * due.
 */
async function firstOf(refused: Promise<unknown>, ms: number): Promise<'refused' | 'timer'> {
  return Promise.race([refused.then(() => 'refused' as const), sleep(ms, 'timer' as const)])
}

async function verify(verdicts: EdgeVerdicts): Promise<Verdict> {
  return verdicts.verify(token, attempt)
}

interface Started {
  readonly verdicts: EdgeVerdicts
  readonly instance: FakeInstance
}

/** An edge of a fake instance, once it holds a lease. */
async function startEdge(t: Test, options?: FakeOptions, timeoutMs = 60_000): Promise<Started> {
  const instance = await startFakeInstance(t, options)
  const verdicts = new EdgeVerdicts({
    url: instance.url,
    token: 'own',
    maxKeys: 10,
    timeoutMs,
    onAttached: () => undefined,
    onDetached: () => undefined,
  })
  t.teardown(() => verdicts.close())
  await until(() => verdicts.leaseRemainingMs > 0)
  return { verdicts, instance }
}

/** The instance ends the latest stream as one that stops does; resolves once the edge knows. */
async function stop({ attachment }: EdgeVerdicts, { streams }: FakeInstance): Promise<void> {
  const stream = streams.at(-1)
  stream?.send({ kind: 'dismissed', reason: 'stopping' })
  stream?.socket.close(4001, 'The instance stops.')
  await until(() => attachment.detachedBy !== undefined)
}
