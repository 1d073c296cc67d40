import fc from 'fast-check'
import type { Act } from './acts.ts'
import { keys, narrowed } from './keys.ts'
import { calmFrom, machineCount, type SimulatedEvent, type SimulatedEventKind } from './schedule.ts'

const at = fc.integer({ min: 10, max: calmFrom - 2 })
const machine = fc.nat({ max: machineCount - 1 })
export const rate = fc.constantFrom(0.9, 0.9, 0.95, 1, 1.05, 1.1, 1.1)
const length = fc.constantFrom(1, 2, 4, 8, 9, 10, 11, 12, 13, 14, 16, 25)

export const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('disable' as const, 'enable' as const, 'edit' as const),
      key: fc.nat({ max: narrowed - 1 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('revoke' as const),
      key: fc.nat({ max: narrowed - 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('edit_account' as const),
      account: fc.constantFrom(keys[0].accountId, keys[2].accountId),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('everything' as const, 'add_tag_key' as const) }),
  },
)

const kinds: {
  readonly [Kind in SimulatedEventKind]: {
    readonly weight: number
    readonly arbitrary: fc.Arbitrary<SimulatedEvent>
  }
} = {
  act: {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('act' as const),
      at,
      machine,
      act,
      isOfAVersionToCome: fc.nat({ max: 19 }).map((n) => n === 0),
      asksAgain: fc.boolean(),
    }),
  },
  stop: {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('stop' as const), at, machine, for: length }),
  },
  suspend: {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('suspend' as const), at, machine, for: length }),
  },
  partition: {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('partition' as const), at, machine, for: length }),
  },
  storm: {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('storm' as const), at, machine, for: length }),
  },
  kill: {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('kill' as const),
      at,
      machine,
      for: length,
      isReaped: fc.boolean(),
    }),
  },
  shut_down: {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('shut_down' as const), at, machine, for: length }),
  },
  cut: { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at, machine }) },
  step_wall: {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('step_wall' as const),
      at,
      machine,
      by: fc.constantFrom(-100, -10, -6, -3, 3, 10, 100),
    }),
  },
  drift: {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('drift' as const), at, machine, rate }),
  },
  restart_database: {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('restart_database' as const),
      at,
      for: fc.constantFrom(0.1, 1, 12),
    }),
  },
  standby: {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('standby' as const), at, for: length }),
  },
  restore: {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('restore' as const),
      at,
      for: fc.constantFrom(0.1, 1, 12),
      back: fc.constantFrom(0.5, 2, 5, 10, 20),
    }),
  },
  promote: {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('promote' as const),
      at,
      for: fc.constantFrom(1, 5, 12, 25, 50),
      cuts: fc.nat({ max: 3 }).map((n) => n === 0),
    }),
  },
  prune: {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('prune' as const),
      at,
      kept: fc.constantFrom(1, 1, 2, 5),
    }),
  },
}

/** How likely some kinds of events are, where it is not as usual. */
export type Weights = Partial<Record<SimulatedEventKind, number>>

/** One event at random; `weights` makes some kinds likelier, or rules them out. */
export function events(weights: Weights = {}): fc.Arbitrary<SimulatedEvent> {
  const some = Object.entries(kinds).map(([kind, { weight, arbitrary }]) => ({
    weight: Object.entries(weights).find(([named]) => named === kind)?.[1] ?? weight,
    arbitrary,
  }))
  return fc.oneof(...some)
}
