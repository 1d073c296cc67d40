import t from 'tap'
import { Edge } from '../../src/domain/edge/edge.ts'
import type { Moment } from '../../src/domain/protocol/lease.ts'

const key = { id: 'key', accountId: 'account' }
const other = { id: 'other', accountId: 'account' }

t.test('an edge answers by what it was told while its lease holds by both clocks', async (t) => {
  const edge = leasedEdge(at(1_000))
  edge.keep('digest', key)
  t.equal(edge.recall('digest', at(1_000)), key)
  t.equal(edge.recall('digest', at(3_999)), key)
  t.equal(edge.recall('unknown', at(1_000)), undefined)
  t.equal(edge.recall('digest', at(4_000)), undefined, 'the lease has ended')
  t.equal(edge.recall('digest', { monotonic: 1_500, wall: 4_000 }), undefined, 'by the wall clock')
  t.equal(edge.recall('digest', { monotonic: 1_500, wall: 999 }), undefined, 'set back')
})

t.test(
  'the lease of an edge runs from when its beat was sent, whenever it is granted',
  async (t) => {
    const edge = new Edge(8)
    const [first, second] = [edge.beat(at(0)), edge.beat(at(1_000))]
    edge.granted(first, 3_000)
    t.equal(edge.holdsLease(at(2_999)), true)
    t.equal(edge.holdsLease(at(3_000)), false)
    edge.granted(second, 3_000)
    t.equal(edge.holdsLease(at(3_999)), true)
    t.equal(edge.holdsLease(at(4_000)), false)
    edge.granted(second, 60_000)
    edge.granted(99, 60_000)
    t.equal(edge.holdsLease(at(4_000)), false, 'a beat is answered once, and none is made up')
    edge.granted(edge.beat(at(3_500)), 0)
    t.equal(edge.holdsLease(at(3_999)), true, 'what was granted before goes on')
  },
)

t.test('an invalidation ends what it names, and what comes after it stays', async (t) => {
  const edge = leasedEdge(at(0))
  edge.keep('digest', key)
  edge.keep('another', other)
  t.equal(edge.invalidated(7, [{ kind: 'key', id: 'key' }]), 7, 'the number to confirm')
  t.equal(edge.recall('digest', at(1)), undefined)
  t.equal(edge.recall('another', at(1)), other)
  edge.keep('digest', key)
  t.equal(edge.recall('digest', at(1)), key)
  edge.invalidated(8, [{ kind: 'account', id: 'account' }])
  t.equal(edge.recall('digest', at(1)), undefined)
  t.equal(edge.recall('another', at(1)), undefined)
  edge.keep('digest', key)
  edge.invalidated(9, [{ kind: 'everything' }])
  t.equal(edge.recall('digest', at(1)), undefined)
})

t.test('an edge that attaches anew has no facts, no lease, and no grant to come', async (t) => {
  const edge = leasedEdge(at(0))
  edge.keep('digest', key)
  const beat = edge.beat(at(1))
  edge.attached()
  t.equal(edge.size, 0)
  t.equal(edge.holdsLease(at(2)), false)
  edge.granted(beat, 3_000)
  t.equal(edge.holdsLease(at(2)), false, 'the grant was for the stream before')
})

t.test('an edge keeps so many entries, and drops the one that was told first', async (t) => {
  const edge = leasedEdge(at(0), 2)
  edge.keep('first', key)
  edge.keep('second', other)
  edge.keep('first', key)
  edge.keep('third', other)
  t.equal(edge.size, 2)
  t.equal(edge.recall('second', at(1)), undefined)
  t.equal(edge.recall('first', at(1)), key)
})

function leasedEdge(now: Moment, maxEntries = 8): Edge<typeof key> {
  const edge = new Edge<typeof key>(maxEntries)
  edge.granted(edge.beat(now), 3_000)
  return edge
}

function at(ms: number): Moment {
  return { monotonic: ms, wall: ms }
}

t.test('a suspended edge answers nobody until a later grant', async (t) => {
  const edge = leasedEdge(at(0))
  edge.keep('digest', key)
  t.equal(edge.suspended(7), 7)
  t.equal(edge.recall('digest', at(1)), undefined)
  edge.granted(edge.beat(at(2)), 3_000)
  t.equal(edge.recall('digest', at(3)), key)
})
