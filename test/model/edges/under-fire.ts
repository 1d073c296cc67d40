import fc from 'fast-check'
import { act, rate } from '../events.ts'
import { keys, narrowed } from '../keys.ts'
import { machineCount, type Schedule, type SimulatedEvent } from '../schedule.ts'

const listening = fc.record({
  monotonicRate: rate,
  wallRate: rate,
  listens: fc.constant(true),
  pollInterval: fc.constantFrom(10, 25),
})

/** When something happens, in tenths of M. */
const moments = Array.from({ length: 14 }, (_, index) => 10 + 3.5 * index)

/** `keys`: acts, while each edge has a key of its own that they change. */
type Fire = 'shut_down' | 'kill' | 'acts' | 'keys'

/**
 * What is hardest for edges, again and again: two instances change keys at nearly the same moment,
 * or an instance ends and another one changes keys right after that.
 */
export function underFire(kind: Fire): fc.Arbitrary<Schedule> {
  return fc
    .record({
      seed: fc.nat(),
      machines: fc.array(listening, { minLength: machineCount, maxLength: machineCount }),
      acts: fc.array(fc.tuple(act, act, act, fc.constantFrom(0.2, 0.6, 1, 1.6, 2.4)), {
        minLength: moments.length,
        maxLength: moments.length,
      }),
    })
    .map(({ seed, machines, acts }) => ({
      seed,
      machines,
      hasEdges: true,
      edgesHaveKeys: kind === 'keys',
      edgesFailOften: true,
      events: moments.flatMap((at, index) => eventsAt(kind, at, index, acts[index] ?? [])),
    }))
}

/** Edges whose rules are older than those of the service: they know nothing of disabled keys. */
export const withOldEdges: fc.Arbitrary<Schedule> = underFire('acts').map((schedule) => ({
  ...schedule,
  edgesAreOld: true,
}))

/** Each change of a key issues a new credential, whose first use must be recorded. */
export const newCredentials: fc.Arbitrary<Schedule> = underFire('acts').map((schedule) => ({
  ...schedule,
  credentialsAreNew: true,
}))

/** New tag keys, of which one instance reads late: tokens become known that were unknown. */
export const newTagKeys: fc.Arbitrary<Schedule> = fc
  .record({
    seed: fc.nat(),
    machines: fc.array(listening, { minLength: machineCount, maxLength: machineCount }),
    late: fc.array(fc.nat({ max: machineCount - 1 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ seed, machines, late }) => ({
    seed,
    machines,
    hasEdges: true,
    events: late.flatMap((machine, index): SimulatedEvent[] => {
      const at = 15 + 12 * index
      const act = actOf({ kind: 'add_tag_key' }, at, (machine + 1) % machineCount)
      return [{ kind: 'storm', at: at - 1, machine, for: 4 }, act]
    }),
  }))

/**
 * Keys that callers present before they are known. `imported` is announced, `issued` is not, and
 * nothing else is for a long time; `standby`: imported, while one instance holds no lease, since
 * its MAX_STALENESS_MS is another one.
 */
export function lateKeys(kind: 'imported' | 'issued' | 'standby'): fc.Arbitrary<Schedule> {
  const isAnnounced = kind !== 'issued'
  const odd = kind === 'standby' ? [{ staleness: 2 }] : []
  return fc
    .record({
      seed: fc.nat(),
      machines: fc.array(listening, { minLength: machineCount, maxLength: machineCount }),
    })
    .map(({ seed, machines }) => ({
      seed,
      machines: machines.map((machine, index) => ({ ...machine, ...odd[index] })),
      hasEdges: true,
      edgesFailOften: isAnnounced,
      keysAreImported: true,
      events: keys
        .slice(0, narrowed)
        .map((_, key) =>
          actOf({ kind: 'import', key, isAnnounced }, 15 + 14 * key, (seed + key) % machineCount),
        ),
    }))
}

function eventsAt(
  kind: Fire,
  at: number,
  index: number,
  [first, second, third, pause]: readonly (SimulatedAct | number)[],
): SimulatedEvent[] {
  const machine = index % machineCount
  const others = [(machine + 1) % machineCount, (machine + 2) % machineCount] as const
  const after = isActs(kind) ? 0 : Number(pause)
  const acts = [first, second, third].flatMap((one, which) =>
    typeof one === 'object' ? [actOf(one, at + after, others[which % 2] ?? 0)] : [],
  )
  if (isActs(kind)) return acts
  const end = { at, machine, for: 1 }
  return [kind === 'kill' ? { ...end, kind, isReaped: true } : { ...end, kind }, ...acts]
}

function isActs(kind: Fire): kind is 'acts' | 'keys' {
  return kind === 'acts' || kind === 'keys'
}

type SimulatedAct = Extract<SimulatedEvent, { kind: 'act' }>['act']

function actOf(act: SimulatedAct, at: number, machine: number): SimulatedEvent {
  return { kind: 'act', at, machine, act, isOfAVersionToCome: false, asksAgain: false }
}
