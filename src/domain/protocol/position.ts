import type { History } from './history.ts'

/** How far an instance has applied the changes, and in which history. */
export interface Position {
  readonly revision: number
  /** The random id of the revision; null when its rows were pruned. */
  readonly id: string | null
  readonly history: History | null
}
