import fc from 'fast-check'
import t from 'tap'
import { Fifo } from '../../src/verification/fifo.ts'
import { propertyRuns } from '../helpers/property-runs.ts'

t.test('a queue gives the same items as an array, whatever comes and goes', async (t) => {
  // Many that come at once, so that what was taken is dropped more than once.
  const step = fc.oneof(
    fc.record({ act: fc.constant('push'), times: fc.nat(300) }),
    fc.record({ act: fc.constant('shift'), times: fc.nat(300) }),
    fc.record({ act: fc.constant('pop'), times: fc.nat(20) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const queue = new Fifo<number>()
      const array: number[] = []
      let next = 0
      for (const { act, times } of steps) {
        for (let time = 0; time < times; time += 1) {
          if (act === 'push') {
            queue.push(next)
            array.push(next)
            next += 1
          } else if (act === 'shift') requireSame(queue.shift(), array.shift())
          else requireSame(queue.pop(), array.pop())
          requireSame(queue.length, array.length)
        }
      }
    }),
    propertyRuns,
  )
  t.pass('no step differs')
})

function requireSame(one: number | undefined, other: number | undefined): void {
  if (one !== other) throw new Error(`The queue gives ${one}, the array ${other}.`)
}
