import fc from 'fast-check'
import { act } from './events.ts'
import type { MachineShape, Schedule, SimulatedEvent } from './schedule.ts'

/** The machine that holds a lease, and the one that observes its heartbeats. */
const holder = 0
const observer = 1

/** When the observer is stopped, in tenths of M. */
const beginning = 15

/**
 * A database that tells no history, as YugabyteDB does, is restored to a state that differs in
 * heartbeats only, while an observer is stopped and the holder of the lease is cut off: no instance
 * can notice the restore.
 */
export const unnoticedRestore: fc.Arbitrary<Schedule> = fc
  .record({
    seed: fc.nat(),
    for: fc.constantFrom(12, 13, 14),
    backupAt: fc.integer({ min: -20, max: 5 }).map((at) => at / 10),
    acts: fc.array(
      fc.record({
        kind: fc.constant('act' as const),
        at: fc.integer({ min: 5, max: 60 }).map((at) => at / 10),
        machine: fc.constant(observer),
        act,
        isOfAVersionToCome: fc.constant(false),
        asksAgain: fc.constant(false),
      }),
      { minLength: 2, maxLength: 6, size: 'max' },
    ),
  })
  .map((hour) => {
    const end = beginning + hour.for
    const restoredAt = end - 0.5
    const back = restoredAt - beginning - hour.backupAt
    const events: SimulatedEvent[] = [
      { kind: 'stop', at: beginning, machine: observer, for: hour.for },
      { kind: 'partition', at: end - 1, machine: holder, for: 12 },
      { kind: 'restore', at: restoredAt, for: 0.1, back },
      ...hour.acts.map((one) => ({ ...one, at: end + one.at })),
    ]
    return { seed: hour.seed, machines: [shape, shape, shape], events, tellsHistory: false }
  })

const shape: MachineShape = { monotonicRate: 1, wallRate: 1, listens: false, pollInterval: 25 }
