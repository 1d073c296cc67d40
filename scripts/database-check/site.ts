import type { Database } from '../../src/store/database.ts'

/** Where a check runs. */
export interface Site {
  readonly url: string
  readonly db: Database
  /** The schema of this check. */
  readonly schema: string
}
