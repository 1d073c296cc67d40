import type { Act } from './acts.ts'

/** One thing that happens in a schedule, at a moment of true time. Times are in tenths of M. */
export type SimulatedEvent =
  | {
      readonly kind: 'act'
      readonly at: number
      readonly machine: number
      readonly act: Act
      readonly isOfAVersionToCome: boolean
      readonly asksAgain: boolean
    }
  | {
      readonly kind: 'stop' | 'suspend' | 'partition' | 'storm'
      readonly at: number
      readonly machine: number
      readonly for: number
    }
  | {
      readonly kind: 'kill'
      readonly at: number
      readonly machine: number
      readonly for: number
      readonly isReaped: boolean
    }
  | {
      readonly kind: 'shut_down'
      readonly at: number
      readonly machine: number
      readonly for: number
    }
  | { readonly kind: 'cut'; readonly at: number; readonly machine: number }
  | {
      readonly kind: 'step_wall'
      readonly at: number
      readonly machine: number
      readonly by: number
    }
  | { readonly kind: 'drift'; readonly at: number; readonly machine: number; readonly rate: number }
  | { readonly kind: 'restart_database' | 'standby'; readonly at: number; readonly for: number }
  | {
      readonly kind: 'restore'
      readonly at: number
      readonly for: number
      readonly back: number
    }
  | {
      readonly kind: 'promote'
      readonly at: number
      /** How long the deposed primary goes on. */
      readonly for: number
      /** Whether what was connected to it is cut. */
      readonly cuts: boolean
    }
  | { readonly kind: 'prune'; readonly at: number; readonly kept: number }

export type SimulatedEventKind = SimulatedEvent['kind']

export interface MachineShape {
  readonly monotonicRate: number
  readonly wallRate: number
  /** Hears of changes at once. */
  readonly listens: boolean
  /** In hundredths of M. */
  readonly pollInterval: number
  /** The MAX_STALENESS_MS of its process, in M; 1 when absent. */
  readonly staleness?: number
}

export interface Schedule {
  readonly seed: number
  readonly machines: readonly MachineShape[]
  readonly events: readonly SimulatedEvent[]
  /** Whether the database tells its history; true when absent. */
  readonly tellsHistory?: boolean
  /** Whether edges answer too. */
  readonly hasEdges?: boolean
  /** Whether each edge has a key of its own, which acts may revoke. */
  readonly edgesHaveKeys?: boolean
  /** Whether edges are of a version that knows nothing of disabled keys. */
  readonly edgesAreOld?: boolean
  /** Whether first uses count: each version of a key is a credential that nobody has used yet. */
  readonly credentialsAreNew?: boolean
  /** Whether the keys that acts change are unknown until they are imported. */
  readonly keysAreImported?: boolean
  /** Whether edges and their streams fail every few seconds, not every ten. */
  readonly edgesFailOften?: boolean
}

export const machineCount = 3

/** When faults end, and when the run does, in tenths of M. */
export const calmFrom = 60
export const runEnds = 86

/** A schedule as a person reads it. */
export function describe({ seed, machines, events }: Schedule): string {
  return [
    `seed ${seed}`,
    ...machines.map((one, index) => `machine ${index}: ${JSON.stringify(one)}`),
    ...[...events]
      .sort((one, other) => one.at - other.at)
      .map(({ at, kind, ...facts }) => `at ${at / 10} M: ${kind} ${JSON.stringify(facts)}`),
  ].join('\n')
}
