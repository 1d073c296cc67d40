/** What one process at the edge measured of itself, for each round. */
export interface EdgeFigures {
  /** Verifications a second of CPU time. */
  readonly attached: readonly number[]
  readonly homeMade: readonly number[]
  /** Of single verifications, in microseconds. */
  readonly p99Micros: number
  readonly bytesPerKey: number
}

/** What the process is to measure: a file of JSON, since it holds tokens. */
export interface EdgeWork {
  readonly url: string
  readonly callerToken: string
  readonly tokens: readonly string[]
  readonly rounds: number
  readonly roundSeconds: number
}
