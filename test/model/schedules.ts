import fc from 'fast-check'
import { cutOff } from './cut-off.ts'
import { lateKeys } from './edges/under-fire.ts'
import { events, rate, type Weights } from './events.ts'
import { recoveredNearRegistration } from './recovered-near-registration.ts'
import { restoredWhileEvicted } from './restored-while-evicted.ts'
import { type MachineShape, machineCount, type Schedule } from './schedule.ts'
import { stalenessesDiffer } from './stalenesses-differ.ts'
import { unnoticedRestore } from './unnoticed-restore.ts'

const shape: fc.Arbitrary<MachineShape> = fc.record({
  monotonicRate: rate,
  wallRate: rate,
  listens: fc.boolean(),
  pollInterval: fc.constantFrom(10, 15, 25),
})

/** What happens to whom is drawn one by one. */
export function anything(weights: Weights = {}): fc.Arbitrary<Schedule> {
  return fc
    .record({
      seed: fc.nat(),
      machines: fc.array(shape, { minLength: machineCount, maxLength: machineCount }),
      events: fc.array(events(weights), { minLength: 4, maxLength: 16, size: 'max' }),
    })
    .map(withinAssumptions)
}

/** Every schedule that the protocol must stand: anything, and often what is hardest. */
export const everySchedule: fc.Arbitrary<Schedule> = fc.oneof(
  { weight: 6, arbitrary: anything() },
  { weight: 2, arbitrary: cutOff() },
  { weight: 1, arbitrary: restoredWhileEvicted },
  { weight: 1, arbitrary: recoveredNearRegistration() },
  { weight: 1, arbitrary: stalenessesDiffer },
  { weight: 1, arbitrary: unnoticedRestore },
)

/** The same with edges. */
export const withEdges: fc.Arbitrary<Schedule> = everySchedule.map((schedule) => ({
  ...schedule,
  hasEdges: true,
  edgesHaveKeys: schedule.seed % 4 === 0,
}))

/** Every schedule that edges must stand: these, and keys that become known. */
export const everyScheduleOfEdges: fc.Arbitrary<Schedule> = fc.oneof(
  { weight: 9, arbitrary: withEdges },
  { weight: 1, arbitrary: fc.oneof(lateKeys('imported'), lateKeys('issued'), lateKeys('standby')) },
)

/**
 * Assumption A2: the wall clock bounds a suspension only while it is not set back. So a machine
 * that is suspended in a schedule has its wall clock stepped forwards only.
 */
function withinAssumptions(schedule: Schedule): Schedule {
  const suspended = new Set(
    schedule.events.flatMap((one) => (one.kind === 'suspend' ? [one.machine] : [])),
  )
  const events = schedule.events.map((one) =>
    one.kind === 'step_wall' && suspended.has(one.machine) ? { ...one, by: Math.abs(one.by) } : one,
  )
  return { ...schedule, events }
}
