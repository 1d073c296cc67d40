import fc from 'fast-check'
import { act } from './events.ts'
import type { MachineShape, Schedule, SimulatedEvent } from './schedule.ts'

/** The machine that is stopped for longer than the failure timeout. */
const evicted = 0

/** They register again after the backup, once the stopped one is evicted. */
const others = [1, 2]

/** When it is stopped, in tenths of M. */
const beginning = 15

/**
 * An instance wakes up, learns that it was evicted, and just then the database is restored to a
 * state that knows nothing of the others, who have not met that yet: for a moment it is registered
 * nowhere, and changes keys all the same.
 */
export const restoredWhileEvicted: fc.Arbitrary<Schedule> = fc
  .record({
    seed: fc.nat(),
    for: fc.constantFrom(19.5, 20),
    acts: fc.array(
      fc.record({
        kind: fc.constant('act' as const),
        at: fc.integer({ min: 3, max: 22 }).map((at) => at / 10),
        machine: fc.constant(evicted),
        act,
        isOfAVersionToCome: fc.constant(false),
        asksAgain: fc.constant(false),
      }),
      { minLength: 3, maxLength: 8 },
    ),
  })
  .map((hour) => {
    const end = beginning + hour.for
    const events: SimulatedEvent[] = [
      { kind: 'stop', at: beginning, machine: evicted, for: hour.for },
      ...others.map((machine) => ({
        kind: 'shut_down' as const,
        at: end - 3.3,
        machine,
        for: 1.9,
      })),
      { kind: 'restore', at: end + 0.05, for: 0.1, back: 1.95 },
      ...hour.acts.map((one) => ({ ...one, at: end + one.at })),
    ]
    return { seed: hour.seed, machines: [shape, shape, shape], events }
  })

const shape: MachineShape = { monotonicRate: 1, wallRate: 1, listens: false, pollInterval: 25 }
