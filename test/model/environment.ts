import type { Counts } from './counts.ts'
import type { History } from './history.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { Server } from './server.ts'

/** What one run of the simulation shares. */
export interface Environment {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly server: Server
  readonly history: History
  readonly counts: Counts
  /** Random, one a call. */
  readonly newId: (kind: string) => string
  /** Takes a line of the trace, if one is wanted. */
  readonly trace: ((text: string) => void) | undefined
}
