import fc from 'fast-check'
import { act } from './events.ts'
import type { MachineShape, Schedule, SimulatedEvent } from './schedule.ts'

/** The machine with another MAX_STALENESS_MS. */
const odd = 0

/** When the machine is cut off, in tenths of M. */
const beginning = 15

/**
 * One instance runs with another MAX_STALENESS_MS than the others. It may register first or last,
 * is cut off or stopped, and the others change keys all the while.
 */
export const stalenessesDiffer: fc.Arbitrary<Schedule> = fc
  .record({
    seed: fc.nat(),
    staleness: fc.constantFrom(0.5, 2, 2, 3),
    by: fc.constantFrom('partition' as const, 'stop' as const),
    for: fc.constantFrom(10, 14, 20, 30),
    killed: fc.constantFrom(undefined, 1, 2),
    isKilledAt: fc.integer({ min: 2, max: 12 }),
    acts: fc.array(
      fc.record({
        kind: fc.constant('act' as const),
        at: fc.integer({ min: 0, max: 200 }).map((at) => at / 10),
        machine: fc.constantFrom(1, 2),
        act,
        isOfAVersionToCome: fc.constant(false),
        asksAgain: fc.boolean(),
      }),
      { minLength: 3, maxLength: 8, size: 'max' },
    ),
  })
  .map((hour) => {
    const events: SimulatedEvent[] = [
      { kind: hour.by, at: beginning, machine: odd, for: hour.for },
      ...hour.acts.map((one) => ({ ...one, at: beginning + one.at })),
    ]
    if (hour.killed !== undefined) {
      const { killed: machine, isKilledAt: at } = hour
      events.push({ kind: 'kill', at, machine, for: 4, isReaped: true })
    }
    const machines = [{ ...shape, staleness: hour.staleness }, shape, shape]
    return { seed: hour.seed, machines, events }
  })

const shape: MachineShape = { monotonicRate: 1, wallRate: 1, listens: true, pollInterval: 10 }
