/** Batches of an edge: no verdict is older than the last wait of its batch. */
import t, { type Test } from 'tap'
import type { Attempt } from '../../src/domain/verdict.ts'
import { EdgeVerdicts } from '../../src/edge-mode/edge-verdicts.ts'
import { type FakeStream, startFakeInstance, validAnswer } from '../helpers/fake-instance.ts'
import { until } from '../helpers/until.ts'

const attempt: Attempt = { address: undefined, permissions: [], accountId: undefined }
/** Of the form of tokens, of two keys. */
const [one, other] = ['1', '3'].map((digit) => ({
  text: `aeon_${'0'.repeat(22)}${digit.repeat(43)}_${'2'.repeat(11)}`,
  attempt,
})) as [Batched, Batched]
const { key } = validAnswer
const otherAnswer = {
  ...validAnswer,
  key: { ...key, id: '01890a5d-ac96-774b-bcce-b302099a8059' },
}
const revokedAnswer = { kind: 'verdict', reason: 'revoked', key, mayKeep: false }

t.test('a hot key that is revoked while a batch waits is denied', async (t) => {
  const { verdicts, stream } = await startEdge(t)
  const hot = Promise.resolve(verdicts.verify(one.text, attempt))
  await answer(stream, one, validAnswer)
  t.match(await hot, { valid: true })
  const batch = Promise.resolve(verdicts.verifyBatch([one, other]))
  await revoke(stream)
  await answer(stream, other, otherAnswer)
  await answer(stream, one, revokedAnswer)
  t.match(await batch, [{ valid: false, reason: 'revoked' }, { valid: true }])
  t.equal(verdicts.counters.verdicts.valid, 2)
  const { reports } = verdicts.attachment
  t.ok(reports.isEmpty, 'a verdict that was not given is no use')
  t.match(verdicts.verify(other.text, attempt), { valid: true })
  t.notOk(reports.isEmpty)
})

t.test('a cold key that is revoked while the others of its batch wait is denied', async (t) => {
  const { verdicts, stream } = await startEdge(t)
  const batch = Promise.resolve(verdicts.verifyBatch([one, other]))
  await answer(stream, one, { ...validAnswer, mayKeep: false })
  await revoke(stream)
  await answer(stream, other, otherAnswer)
  await answer(stream, one, revokedAnswer)
  t.match(await batch, [{ valid: false, reason: 'revoked' }, { valid: true }])
})

interface Batched {
  readonly text: string
  readonly attempt: Attempt
}

/** An edge of a fake instance whose test answers the questions. */
async function startEdge(t: Test): Promise<{ verdicts: EdgeVerdicts; stream: FakeStream }> {
  const { url, streams } = await startFakeInstance(t, { answers: () => false })
  const verdicts = new EdgeVerdicts({
    url,
    token: 'own',
    maxKeys: 10,
    timeoutMs: 10_000,
    onAttached: () => undefined,
    onDetached: () => undefined,
  })
  t.teardown(() => verdicts.close())
  await until(() => verdicts.leaseRemainingMs > 0)
  const [stream] = streams
  if (stream === undefined) throw new Error('no stream')
  return { verdicts, stream }
}

/** Answers the latest question of a token, which is asked once more than it was answered. */
async function answer(stream: FakeStream, { text }: Batched, answer: object): Promise<void> {
  const asked = () =>
    stream.told.filter(
      ({ kind, of }) => kind === 'asked' && (of as { token: string }).token === text,
    )
  const answered = answeredBy.get(stream)?.filter((token) => token === text).length ?? 0
  await until(() => asked().length > answered)
  answeredBy.set(stream, [...(answeredBy.get(stream) ?? []), text])
  stream.send({ kind: 'answered', question: asked().at(-1)?.question, answer })
}

/** The tokens whose questions were answered. */
const answeredBy = new WeakMap<FakeStream, readonly string[]>()

/** Revokes the key of `one`; resolves once the edge has applied that. */
async function revoke({ send, told }: FakeStream): Promise<void> {
  send({ kind: 'invalidated', sequence: 1, changes: [{ kind: 'key', id: key.id }] })
  await until(() => told.some(({ kind }) => kind === 'confirmed'))
}
