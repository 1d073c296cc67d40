import fc from 'fast-check'
import { act } from './events.ts'
import type { MachineShape, Schedule, SimulatedEvent } from './schedule.ts'

/** What is fixed of a schedule; the rest is drawn at random. Times are in tenths of M. */
export interface CutOffOptions {
  readonly by?: 'partition' | 'stop'
  /** The machine whose network is bad when the cut-off ends; undefined: none. */
  readonly stormAt?: number | undefined
  /** How long it lasts. */
  readonly lasts?: number
  /** How long after its end the others still change keys. */
  readonly actsFor?: number
}

/** The machine that is cut off. */
const lost = 0

/** When it is cut off. */
const beginning = 15

/**
 * The hardest hour of the protocol, again and again: one instance, with slow clocks, is cut off for
 * about as long as a lease or a failure timeout, or stopped; the network is bad when that begins,
 * or when it ends; and all the while the others, with fast clocks, change keys.
 */
export function cutOff({
  by,
  stormAt,
  lasts,
  actsFor = 4,
}: CutOffOptions = {}): fc.Arbitrary<Schedule> {
  return fc
    .record({
      seed: fc.nat(),
      machines: fc.tuple(shape(0.9, [10, 25]), shape(1.1, [3, 10]), shape(1.1, [3, 10])),
      by:
        by === undefined ? fc.constantFrom('partition' as const, 'stop' as const) : fc.constant(by),
      for: fc.constantFrom(...(lasts === undefined ? [10, 12, 12.5, 13, 14] : [lasts])),
      earlyStorm: fc.boolean(),
      stormAt: stormAt === undefined ? fc.constantFrom(undefined, 0, 1, 2) : fc.constant(stormAt),
      stepWallBy: fc.constantFrom(undefined, undefined, -2, -4, 4),
      early: acts(0, 2, 3),
      middle: acts(8, 11, 4),
      late: acts(-1, actsFor, Math.max(6, actsFor)),
    })
    .map((hour) => {
      const end = beginning + hour.for
      const events: SimulatedEvent[] = [
        { kind: hour.by, at: beginning, machine: lost, for: hour.for },
        ...[...hour.early, ...hour.middle].map((one) => ({ ...one, at: beginning + one.at })),
        ...hour.late.map((one) => ({ ...one, at: end + one.at })),
      ]
      if (hour.earlyStorm) events.push({ kind: 'storm', at: beginning - 1, machine: 1, for: 2 })
      if (hour.stormAt !== undefined) {
        events.push({ kind: 'storm', at: end - 1.5, machine: hour.stormAt, for: 4 })
      }
      if (hour.stepWallBy !== undefined) {
        events.push({
          kind: 'step_wall',
          at: beginning + 6,
          machine: lost,
          by: hour.stepWallBy,
        })
      }
      return { seed: hour.seed, machines: hour.machines, events }
    })
}

function shape(rate: number, pollIntervals: readonly number[]): fc.Arbitrary<MachineShape> {
  return fc.record({
    monotonicRate: fc.constant(rate),
    wallRate: fc.constant(rate),
    listens: fc.boolean(),
    pollInterval: fc.constantFrom(...pollIntervals),
  })
}

/** Acts of the others, at so many tenths of M after a moment to come. */
function acts(from: number, to: number, most: number): fc.Arbitrary<SimulatedEvent[]> {
  const some: fc.Arbitrary<SimulatedEvent> = fc.record({
    kind: fc.constant('act' as const),
    at: fc.integer({ min: 10 * from, max: 10 * to }).map((at) => at / 10),
    machine: fc.constantFrom(1, 2),
    act,
    isOfAVersionToCome: fc.constant(false),
    asksAgain: fc.constant(false),
  })
  return fc.array(some, { minLength: 1, maxLength: most, size: 'max' })
}
