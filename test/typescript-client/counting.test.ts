/** How many tokens a client keeps, and what it counts and tells. */
import t from 'tap'
import { attachVerifier } from '../helpers/attached-verifier.ts'
import {
  type FakeStream,
  fakeToken,
  startFakeInstance,
  validAnswer,
} from '../helpers/fake-instance.ts'

const token = fakeToken()

t.test(
  'memory has at most maxKeys tokens, and drops the one that was used longest ago',
  async (t) => {
    const { url } = await startFakeInstance(t)
    const verifier = await attachVerifier(t, { url, maxKeys: 2 })
    const [first, second, third] = [fakeToken(1), fakeToken(2), fakeToken(3)]
    for (const one of [first, second, first, third]) await verifier.verify(one)
    t.equal(verifier.verifySync(second), undefined)
    for (const one of [first, third]) t.match(verifier.verifySync(one), { valid: true })
  },
)

t.test('calls that share a question count as one use if the facts may not be kept', async (t) => {
  const { url, streams } = await startFakeInstance(t, {
    answer: { ...validAnswer, mayKeep: false },
  })
  const verifier = await attachVerifier(t, { url })
  const calls = Array.from({ length: 6 }, () => verifier.verify(token))
  for (const verdict of await Promise.all(calls)) t.match(verdict, { valid: true })
  await verifier.close()
  t.equal(questions(streams[0]), 2, 'one for the first call, and one for those that came after it')
  t.equal(reportedUses(streams[0]), 0)
})

t.test('each call that facts answer counts as a use', async (t) => {
  const { url, streams } = await startFakeInstance(t)
  const verifier = await attachVerifier(t, { url })
  await Promise.all(Array.from({ length: 6 }, () => verifier.verify(token)))
  await verifier.close()
  t.equal(questions(streams[0]), 1)
  t.equal(reportedUses(streams[0]), 5)
})

t.test(
  'a verifier is closed after a second if nobody takes over what it has counted',
  async (t) => {
    const { url, streams } = await startFakeInstance(t, { counts: false })
    const verifier = await attachVerifier(t, { url })
    for (let use = 0; use < 2; use += 1) await verifier.verify(token)
    const startedAt = performance.now()
    await verifier.close()
    const tookMs = performance.now() - startedAt
    t.ok(tookMs > 900, String(tookMs))
    t.equal(reportedUses(streams[0]), 1)
    t.equal(streams[0]?.told.at(-1)?.kind, 'gone')
  },
)

function questions(stream: FakeStream | undefined): number {
  return stream?.told.filter(({ kind }) => kind === 'asked').length ?? 0
}

function reportedUses(stream: FakeStream | undefined): number {
  let sum = 0
  for (const { report } of stream?.told ?? []) {
    const { uses = [] } = (report ?? {}) as { uses?: readonly { count: number }[] }
    for (const { count } of uses) sum += count
  }
  return sum
}
