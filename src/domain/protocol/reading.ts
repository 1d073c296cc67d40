import type { ChangeRow } from './change.ts'
import type { History } from './history.ts'

/** What the statement of one sync cycle reads, all of it in one snapshot. */
export interface Reading {
  /** The latest revision, and its random id. */
  readonly counter: number
  readonly counterId: string | null
  /** Changes up to this revision are pruned. */
  readonly prunedUpTo: number
  /** The random id of the revision that the instance has applied; null when its rows are gone. */
  readonly appliedId: string | null
  /** Every change after the revision that the instance has applied, in order. */
  readonly changes: readonly ChangeRow[]
  /** True on a standby, which may lag behind. */
  readonly inRecovery: boolean
  /** The history of the server, as far as the server can tell. */
  readonly history: History | null
}
