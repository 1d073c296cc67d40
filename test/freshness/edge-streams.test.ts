import t from 'tap'
import type { ToEdge } from '../../src/domain/edge/edge-message.ts'
import { EdgeStreams } from '../../src/freshness/edge-streams.ts'
import { Freshness } from '../../src/freshness/freshness.ts'
import { timingOf } from '../../src/freshness/timing.ts'

const everything = [{ kind: 'everything' }] as const
const margin = 1.1 / 0.9

t.test(
  'an instance acknowledges a revision once every counted edge has confirmed it',
  async (t) => {
    const { streams, attach } = site()
    const [first, second, idle] = [attach(), attach(), attach()]
    for (const { edge } of [first, second]) edge.beat(1)
    t.equal(streams.counted, 2, 'without a lease an edge does not count')
    streams.applied(3)
    t.equal(streams.acknowledgeable(3), 3, 'nothing was invalidated')
    streams.invalidated(everything)
    streams.applied(4)
    streams.invalidated(everything)
    streams.applied(5)
    t.equal(streams.acknowledgeable(4), 3)
    t.equal(first.edge.confirm(2), true)
    t.equal(second.edge.confirm(1), true)
    t.equal(streams.acknowledgeable(5), 4)
    second.edge.gone()
    t.equal(streams.acknowledgeable(5), 5, 'an edge that says that it has gone is released')
    t.match(idle.sent, [{ kind: 'invalidated' }, { kind: 'invalidated' }], 'all are told')
  },
)

t.test('the edges that hold nothing up are counted apart from those that do', async (t) => {
  const { streams, attach, clock } = site()
  const [first, second, idle] = [attach(), attach(), attach()]
  t.same(streams.count(1), { live: 0, confirmed: 0, revision: 1 }, 'none has a lease')
  for (const { edge } of [first, second]) edge.beat(1)
  t.same(streams.count(1), { live: 2, confirmed: 2, revision: 1 })
  streams.invalidated(everything)
  streams.applied(2)
  t.same(streams.count(2), { live: 2, confirmed: 0, revision: 2 })
  idle.edge.beat(1)
  t.same(streams.count(2), { live: 3, confirmed: 1, revision: 2 }, 'it had no lease then')
  first.edge.confirm(1)
  t.same(streams.count(2), { live: 3, confirmed: 2, revision: 2 })
  second.edge.closed()
  t.same(streams.count(2), { live: 3, confirmed: 2, revision: 2 }, 'it may still answer')
  clock.ms = 3_000 * margin
  first.edge.beat(2)
  t.same(streams.count(2), { live: 1, confirmed: 1, revision: 2 })
})

t.test('what is confirmed before the tag keys are read again acknowledges nothing', async (t) => {
  const { streams, attach } = site()
  const { edge } = attach()
  edge.beat(1)
  streams.registered(1)
  streams.invalidated([{ kind: 'tag_key' }])
  streams.applied(2, true)
  edge.confirm(1)
  t.notOk(streams.advance(), 'the edge may still find a token unknown that is known now')
  t.equal(streams.acknowledgeable(2), 1)
  // The reading failed, and the next cycle reads them.
  streams.applied(3)
  t.equal(streams.acknowledgeable(3), 1)
  streams.tagKeysReloaded(3)
  t.equal(streams.acknowledgeable(3), 1)
  edge.confirm(2)
  t.equal(streams.acknowledgeable(3), 3)
})

t.test('no revision is acknowledged whose tag keys an edge has not confirmed', async (t) => {
  const { streams, attach } = site()
  const { edge } = attach()
  edge.beat(1)
  streams.registered(1)
  // One cycle reads the revisions 2 to 4; which of them changed the tag keys is not said.
  streams.invalidated(everything)
  streams.applied(4, true)
  streams.tagKeysReloaded(4)
  edge.confirm(1)
  t.equal(streams.acknowledgeable(4), 1)
  edge.confirm(2)
  t.equal(streams.acknowledgeable(4), 4)
  // Of the tag keys of 5 the reading fails; the next cycle, to 7, reads them.
  streams.applied(5, true)
  streams.invalidated(everything)
  streams.applied(7)
  streams.tagKeysReloaded(7)
  edge.confirm(3)
  t.equal(streams.acknowledgeable(7), 4)
  edge.confirm(4)
  t.equal(streams.acknowledgeable(7), 7)
})

t.test('a lost edge is counted until its lease has surely ended', async (t) => {
  const { streams, attach, clock } = site()
  const { edge } = attach()
  edge.beat(1)
  edge.closed()
  streams.invalidated(everything)
  streams.applied(2)
  t.equal(streams.acknowledgeable(2), 0, 'a closed stream proves nothing')
  t.equal(streams.nextReleaseAt, 3_000 * margin)
  t.equal(streams.releasedInMs({ monotonic: 0, wall: 0 }), 3_000 * margin)
  clock.ms = 3_000 * margin - 1
  t.equal(streams.acknowledgeable(2), 0)
  clock.ms += 1
  t.equal(streams.acknowledgeable(2), 2)
  t.equal(streams.nextReleaseAt, undefined)
  t.equal(streams.releasedInMs({ monotonic: clock.ms, wall: 0 }), 0)
})

t.test('the lease of an edge ends before that of its instance', async (t) => {
  const { attach, clock } = site()
  const { edge, sent } = attach()
  clock.leaseMs = 1_100
  edge.beat(1)
  t.same(sent.at(-1), { kind: 'granted', beat: 1, leaseMs: (0.9 / 1.1) * 1_100, wallMs: 0 })
  clock.leaseMs = 0
  edge.beat(2)
  t.same(sent.at(-1), { kind: 'granted', beat: 2, leaseMs: 0, wallMs: 0 })
  clock.leaseMs = 9_000
  edge.beat(3, 50)
  t.same(
    sent.at(-1),
    { kind: 'granted', beat: 3, leaseMs: 50, wallMs: 0 },
    'its own key may end sooner',
  )
})

t.test('an edge that does not confirm for a second is granted no lease', async (t) => {
  const { streams, attach, clock } = site()
  const { edge, sent } = attach()
  streams.invalidated(everything)
  clock.ms = 1_000
  edge.beat(1)
  t.match(sent.at(-1), { kind: 'granted', leaseMs: 3_000 })
  clock.ms = 1_001
  edge.beat(2)
  t.match(sent.at(-1), { kind: 'granted', leaseMs: 0 })
  edge.confirm(1)
  edge.beat(3)
  t.match(sent.at(-1), { kind: 'granted', leaseMs: 3_000 })
})

t.test('a suspended edge is granted nothing, and receipts wait until it confirms', async (t) => {
  const { streams, attach } = site()
  const { edge, sent } = attach()
  edge.beat(1)
  edge.suspend()
  edge.suspend()
  t.same(sent.at(-1), { kind: 'suspended', sequence: 1 })
  t.equal(sent.length, 2, 'it is told once')
  t.equal(edge.mayKeep, false)
  streams.applied(2)
  t.equal(streams.acknowledgeable(2), 0)
  edge.beat(2)
  t.match(sent.at(-1), { kind: 'granted', leaseMs: 0 })
  edge.confirm(1)
  t.equal(streams.acknowledgeable(2), 2)
  edge.resume()
  edge.beat(3)
  t.match(sent.at(-1), { kind: 'granted', leaseMs: 3_000 })
  t.equal(edge.mayKeep, true)
})

t.test('an edge confirms what was sent, and once', async (t) => {
  const { streams, attach } = site()
  const { edge } = attach()
  t.equal(edge.confirm(1), false, 'nothing was sent')
  streams.invalidated(everything)
  t.equal(edge.confirm(2), false, 'of the future')
  t.equal(edge.confirm(0), false)
  t.equal(edge.confirm(1), true)
  t.equal(edge.confirm(1), false)
})

t.test('a dismissed edge is told once, and gets no lease any more', async (t) => {
  const { streams, attach, clock } = site()
  const { edge, sent } = attach()
  edge.beat(1)
  streams.dismissAll('stopping')
  streams.dismissAll('stopping')
  edge.beat(2)
  t.same(
    sent.map(({ kind }) => kind),
    ['granted', 'dismissed'],
  )
  t.equal(streams.counted, 1, 'it may not have read that yet')
  edge.gone()
  t.equal(streams.counted, 0)
  clock.ms = 1
  t.equal(streams.releasedInMs({ monotonic: 1, wall: 1 }), 0)
})

t.test('edges are told of an invalidation in the step in which it happens', async (t) => {
  const { streams, attach } = site()
  const freshness = new Freshness(timingOf(30_000), { edges: streams })
  const { sent } = attach()
  const told = () => sent.splice(0).map((message) => 'changes' in message && message.changes)
  freshness.registered({ revision: 4, id: 'four', history: null })
  t.same(told(), [everything])
  t.equal(streams.acknowledgeable(4), 4)
  freshness.invalidate([{ kind: 'key', id: 'key' }])
  t.same(told(), [[{ kind: 'key', id: 'key' }]], 'a commit of this process')
  freshness.confirmed(freshness.beginCycle({ monotonic: 0, wall: 0 }))
  t.same(told(), [everything], 'the first lease')
  const row = { revision: 5, id: 'five', kind: 'account', subject: 'account' }
  const reading = {
    counter: 5,
    counterId: 'five',
    prunedUpTo: 0,
    appliedId: 'four',
    inRecovery: false,
  }
  freshness.received({ ...reading, changes: [row], history: null })
  t.same(told(), [[{ kind: 'account', id: 'account' }]], 'a sync cycle')
  t.equal(streams.acknowledgeable(5), 5)
  freshness.lose()
  t.same(told(), [everything], 'the end of the lease')
})

function site() {
  const clock = { ms: 0, leaseMs: 9_000 }
  const streams = new EdgeStreams({
    leaseMs: 3_000,
    now: () => ({ monotonic: clock.ms, wall: clock.ms }),
    leaseRemaining: () => clock.leaseMs,
  })
  const attach = () => {
    const sent: ToEdge<never>[] = []
    return { sent, edge: streams.attach((message) => sent.push(message)) }
  }
  return { clock, streams, attach }
}
