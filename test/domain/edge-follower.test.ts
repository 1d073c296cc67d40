import t from 'tap'
import { Edge } from '../../src/domain/edge/edge.ts'
import type { NoAnswer } from '../../src/domain/edge/edge-call.ts'
import {
  EdgeFollower,
  type FromFollower,
  type ToFollower,
} from '../../src/domain/edge/edge-follower.ts'
import { ReportBook } from '../../src/domain/edge/report-book.ts'

interface Facts {
  readonly id: string
  readonly accountId: string
}

const facts = { id: 'key', accountId: 'account' }
const welcome = {
  kind: 'welcome',
  version: 1,
  stream: 'a secret',
  leaseMs: 3_000,
  maxQuestions: 2,
  expiryWarningMs: 0,
} as const

t.test('an edge says hello, beats once it is welcome, and names its former stream', async (t) => {
  const { follower, sent, tell } = newEdge()
  t.equal(follower.isAttached, false)
  t.same(sent, [{ kind: 'hello', version: 1, judge: 1, edge: 'an edge' }])
  follower.beat()
  t.equal(sent.length, 1, 'nothing is sent before the welcome')
  tell(welcome)
  t.equal(follower.isAttached, true)
  t.match(sent[1], { kind: 'beat', number: 1 })
  follower.attached((message) => sent.push(message))
  t.match(sent[2], { kind: 'hello', replaces: 'a secret' })
})

t.test('facts answer later calls, and a bare verdict answers its own question only', async (t) => {
  const { sent, tell, verify } = leasedEdge()
  const first = verify('a')
  const joined = [verify('a'), verify('a', 'another attempt'), verify('a')]
  t.equal(sent.filter(({ kind }) => kind === 'asked').length, 1)
  tell({ kind: 'answered', question: 1, answer: { verdict: 'valid', facts: undefined } })
  t.equal(first.outcome, 'valid')
  t.same(
    joined.map(({ outcome }) => outcome),
    [undefined, undefined, undefined],
  )
  const asked = sent.filter(({ kind }) => kind === 'asked')
  t.equal(asked.length, 3, 'the calls that came later share one question for each attempt')
  tell({ kind: 'answered', question: 2, answer: { verdict: 'valid', facts } })
  t.equal(joined[0]?.outcome, 'valid')
  t.equal(joined[2]?.outcome, 'valid')
  t.equal(verify('a').outcome, 'judged key', 'by the facts')
  tell({ kind: 'answered', question: 3, answer: { verdict: undefined, facts: undefined } })
  t.equal(joined[1]?.outcome, 'unavailable')
  tell({ kind: 'answered', question: 3, answer: { verdict: 'valid', facts: undefined } })
})

t.test(
  'calls that wait are answered by facts, and one whose caller has gone asks nothing',
  async (t) => {
    const { sent, tell, verify } = leasedEdge()
    verify('a')
    const joined = verify('a')
    const gone = verify('a')
    gone.isOver = true
    tell({ kind: 'answered', question: 1, answer: { verdict: 'valid', facts } })
    t.equal(joined.outcome, 'judged key')
    t.equal(gone.outcome, undefined)
    t.equal(sent.filter(({ kind }) => kind === 'asked').length, 1)
  },
)

t.test('an unknown token is remembered for a second, until anything is invalidated', async (t) => {
  const { clock, tell, verify } = leasedEdge()
  const unknown = { verdict: 'not_found', facts: undefined }
  verify('a')
  clock.ms = 100
  tell({ kind: 'answered', question: 1, answer: unknown })
  t.equal(verify('a').outcome, 'not_found')
  clock.ms = 999
  t.equal(verify('a').outcome, 'not_found')
  clock.ms = 1_000
  t.equal(verify('a').outcome, undefined, 'the second began when the question was sent')
  tell({ kind: 'invalidated', sequence: 1, changes: [{ kind: 'tag_key' }] })
  tell({ kind: 'answered', question: 2, answer: unknown })
  t.equal(verify('a').outcome, undefined, 'it may be known by now')
  tell({ kind: 'answered', question: 3, answer: unknown })
  t.equal(verify('a').outcome, 'not_found')
  tell({ kind: 'invalidated', sequence: 2, changes: [{ kind: 'key', id: 'another' }] })
  t.equal(verify('a').outcome, undefined)
})

t.test('unknown tokens are forgotten with the lease, and when there are too many', async (t) => {
  const { clock, tell, verify } = leasedEdge()
  const unknown = { verdict: 'not_found', facts: undefined }
  for (let number = 1; number <= 1_001; number += 1) {
    verify(`token ${number}`)
    tell({ kind: 'answered', question: number, answer: unknown })
  }
  t.equal(verify('token 2').outcome, 'not_found')
  t.equal(verify('token 1').outcome, undefined)
  clock.ms = 3_000
  t.equal(verify('token 2').outcome, undefined, 'without a lease memory says nothing')
})

t.test('a suspended edge answers nobody until the next grant', async (t) => {
  const { follower, sent, tell, verify } = leasedEdge()
  verify('a')
  tell({ kind: 'answered', question: 1, answer: { verdict: 'valid', facts } })
  tell({ kind: 'suspended', sequence: 1 })
  t.match(sent.at(-1), { kind: 'confirmed', sequence: 1 })
  t.equal(verify('a').outcome, undefined)
  follower.beat()
  tell({ kind: 'granted', beat: 2, leaseMs: 3_000, wallMs: 0 })
  t.equal(verify('a').outcome, 'judged key')
})

t.test(
  'questions beyond the bound are refused, and a lost stream fails those under way',
  async (t) => {
    const { follower, verify } = leasedEdge()
    const asked = [verify('a'), verify('b'), verify('a')]
    t.equal(follower.questions, 2)
    t.equal(verify('c').outcome, 'overloaded')
    follower.detached()
    t.same(
      asked.map(({ outcome }) => outcome),
      ['unattached', 'unattached', 'unattached'],
    )
    t.equal(verify('d').outcome, 'unattached')
  },
)

t.test('an edge that is dismissed drops everything and says that it has gone', async (t) => {
  const { follower, sent, tell, verify } = leasedEdge()
  verify('a')
  tell({ kind: 'answered', question: 1, answer: { verdict: 'valid', facts } })
  tell({ kind: 'dismissed', reason: 'stopping' })
  t.match(sent.at(-1), { kind: 'gone' })
  t.equal(verify('a').outcome, 'unattached')
  t.equal(follower.isAttached, false)
})

t.test('an expiry is judged by the later of both wall clocks', async (t) => {
  const { clock, follower, tell } = leasedEdge()
  t.equal(follower.wallMs({ monotonic: 0, wall: 5 }), 5)
  follower.beat()
  clock.ms = 10
  tell({ kind: 'granted', beat: 2, leaseMs: 3_000, wallMs: 1_000 })
  t.equal(follower.wallMs({ monotonic: 60, wall: 5 }), 1_050)
  t.equal(follower.wallMs({ monotonic: 60, wall: 2_000 }), 2_000)
  clock.ms = 40
  t.equal(follower.sinceHeardMs(), 30)
})

t.test('a report goes with a beat, and again on the next stream until it is counted', async (t) => {
  const { follower, reports, sent, tell } = leasedEdge()
  reports.used({ apiKeyId: 'key', count: 0, lastUsedAtMs: 0 }, 7)
  follower.beat()
  const report = { number: 1, uses: [{ apiKeyId: 'key', count: 1, lastUsedAtMs: 7 }], denials: [] }
  t.match(sent.at(-1), { kind: 'beat', report })
  follower.beat()
  t.notOk('report' in (sent.at(-1) ?? {}), 'it is under way')
  follower.attached((message) => sent.push(message))
  tell(welcome)
  t.match(sent.at(-1), { kind: 'beat', report })
  tell({ kind: 'reported', number: 1 })
  follower.beat()
  t.notOk('report' in (sent.at(-1) ?? {}))
})

function newEdge() {
  const clock = { ms: 0 }
  const sent: FromFollower<string>[] = []
  const reports = new ReportBook()
  const follower = new EdgeFollower<Facts, string, string>({
    id: 'an edge',
    memory: new Edge(8),
    reports,
    now: () => ({ monotonic: clock.ms, wall: clock.ms }),
    isAbsent: (verdict) => verdict === 'not_found',
  })
  follower.attached((message) => sent.push(message))
  const tell = (message: ToFollower<Facts, string>) => follower.received(message)
  const verify = (token: string, attempt = '') => {
    const call = {
      digest: token,
      asked: token,
      attempt,
      isOver: false,
      outcome: undefined as string | undefined,
      judge: ({ id }: Facts) => {
        call.outcome = `judged ${id}`
      },
      answer: (verdict: string) => {
        call.outcome = verdict
      },
      fail: (why: NoAnswer) => {
        call.outcome = why
      },
    }
    follower.verify(call)
    return call
  }
  return { clock, follower, reports, sent, tell, verify }
}

function leasedEdge() {
  const edge = newEdge()
  edge.tell(welcome)
  edge.tell({ kind: 'granted', beat: 1, leaseMs: 3_000, wallMs: 0 })
  return edge
}
