import type { Tally } from './counts.ts'
import type { History } from './history.ts'
import type { Random } from './random.ts'
import type { Agenda } from './scheduler.ts'
import type { Server } from './server.ts'

/** What one run of the simulation shares. */
export interface World {
  readonly agenda: Agenda
  readonly random: Random
  readonly server: Server
  readonly history: History
  readonly tally: Tally
  /** Random, one a call. */
  readonly newId: (kind: string) => string
  /** Tells what happens, when somebody listens. */
  readonly trace: ((text: string) => void) | undefined
}
