import fc from 'fast-check'
import type { Act } from './acts.ts'
import { act } from './events.ts'
import type { MachineShape, Schedule, SimulatedEvent } from './schedule.ts'

/** Changes keys after the recovery, and evaluates the receipts. */
const evaluator = 0
/** Registers, and is cut off before it can meet the recovery. */
const newcomer = 1

/** When the evaluator is cut off, in tenths of M. */
const beginning = 15

export interface RecoveryOptions {
  /** What the evaluator can know of the newcomer: everything, nothing, or it was evicted before. */
  readonly evaluatorIs?: 'attached' | 'cut off' | 'evicted'
  /** Whether the server is restarted once more, soon after the recovery. */
  readonly isRestarted?: boolean
}

/** From the beginning: when the newcomer registers. */
const registersAt = { attached: 1.2, 'cut off': 1.2, evicted: 14.8 }

/**
 * The database is recovered to a moment just before an instance registered, which holds a lease and
 * does not know it. Another instance, whose own position may still be there, meets that as if it
 * were a promotion, and changes keys.
 */
export function recoveredNearRegistration({
  evaluatorIs,
  isRestarted,
}: RecoveryOptions = {}): fc.Arbitrary<Schedule> {
  return fc
    .record({
      seed: fc.nat(),
      machines: fc.tuple(shape, shape, shape),
      evaluatorIs:
        evaluatorIs === undefined
          ? fc.constantFrom('attached' as const, 'cut off' as const, 'evicted' as const)
          : fc.constant(evaluatorIs),
      isRestarted: isRestarted === undefined ? fc.boolean() : fc.constant(isRestarted),
      before: fc.constantFrom(0.2, 0.4, 0.6),
      after: fc.constantFrom(1.8, 2.2, 2.6),
      changes: fc.array(fc.record({ after: fc.integer({ min: 4, max: 50 }), act }), {
        minLength: 3,
        maxLength: 8,
        size: 'max',
      }),
    })
    .map((hour) => {
      const registered = beginning + registersAt[hour.evaluatorIs]
      const restored = registered + hour.after
      const events: SimulatedEvent[] = [
        { kind: 'shut_down', at: registered - 2, machine: newcomer, for: 2 },
        { kind: 'partition', at: restored - 0.6, machine: newcomer, for: 12 },
        { kind: 'restore', at: restored, for: 0.1, back: hour.after + hour.before },
        ...hour.changes.map(({ after, act }) => changed(restored + after / 10, act)),
      ]
      if (hour.evaluatorIs !== 'attached') {
        const by = hour.evaluatorIs === 'evicted' ? 'stop' : 'partition'
        const lasts = restored - beginning + 0.3
        events.push({ kind: by, at: beginning, machine: evaluator, for: lasts })
      }
      if (hour.isRestarted) events.push({ kind: 'restart_database', at: restored + 2.5, for: 0.1 })
      return { seed: hour.seed, machines: hour.machines, events }
    })
}

function changed(at: number, what: Act): SimulatedEvent {
  const machine = evaluator
  return { kind: 'act', at, machine, act: what, isOfAVersionToCome: false, asksAgain: false }
}

const shape: fc.Arbitrary<MachineShape> = fc.record({
  monotonicRate: fc.constant(1),
  wallRate: fc.constant(1),
  listens: fc.boolean(),
  pollInterval: fc.constantFrom(3, 5, 10),
})
