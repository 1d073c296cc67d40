import type { Chart } from './report/chart.ts'

/** What a figure must be to meet its goal. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number }

/** One figure that a scenario found. */
export interface Finding {
  readonly what: string
  readonly value: number
  /** `times`: a ratio. */
  readonly unit:
    | 'times'
    | 'ms'
    | 'bytes'
    | 'MB'
    | 'statements'
    | 'transactions'
    | 'answers'
    | 'per second'
  readonly goal?: Goal
  /** What must be known to read the figure. */
  readonly remark?: string
}

/** The medians of one candidate over the rounds: absolute figures, of one machine. */
export interface Result {
  readonly name: string
  readonly requestsPerSecond: number
  /** CPU time a request of the server's processes, all threads. */
  readonly cpuMicros: number
  /** CPU time a request of the database's processes that serve it. */
  readonly databaseCpuMicros: number
  /** In milliseconds, in the order of latencyPercentiles. */
  readonly latenciesMs: readonly number[]
}

/** A table of facts that are no ratios. */
export interface Facts {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface ScenarioResult {
  readonly findings: readonly Finding[]
  readonly medians: readonly Result[]
  readonly facts?: Facts
  readonly chart?: Chart
}

/** The result of a scenario, and the circumstances of its measurement. */
export interface DatedResult extends ScenarioResult {
  /** YYYY-MM-DD. */
  readonly date: string
  readonly node: string
  readonly generator: string
  readonly cores: number
  /** The load average of the minute before the scenario began: what else was running then. */
  readonly loadBefore: number
  readonly rounds: number
  readonly roundSeconds: number
}

/** By the name of the scenario. */
export type Results = Readonly<Record<string, DatedResult>>

/** Whether a finding meets its goal; undefined where there is none. */
export function isMet({ value, goal }: Finding): boolean | undefined {
  if (goal === undefined) return undefined
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost
}
