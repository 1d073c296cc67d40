/** Calls of an edge that wait for its next stream: for one attempt to attach, and no longer. */
import t, { type Test } from 'tap'
import type { Attempt } from '../../src/domain/verdict.ts'
import { EdgeVerdicts } from '../../src/edge-mode/edge-verdicts.ts'
import { type FakeInstance, type FakeOptions, startFakeInstance } from '../helpers/fake-instance.ts'
import { until } from '../helpers/locks.ts'

/** Of the form of a token: the fake knows every token. */
const token = `aeon_${'0'.repeat(22)}${'1'.repeat(43)}_${'2'.repeat(11)}`
const attempt: Attempt = { address: undefined, permissions: [], accountId: undefined }

t.test('calls wait for the next stream while an instance stops', async (t) => {
  const { verdicts, instance } = await startEdge(t)
  await stop(verdicts, instance)
  t.match(await verdicts.verify(token, attempt), { valid: true })
  t.equal(instance.streams.length, 2)
})

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
