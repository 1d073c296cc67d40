import type { Deps } from '../deps.ts'
import { ping as pingStored } from '../store/ping.ts'

/** Asks the database for an answer. Rejects when there is none. */
export function ping(deps: Deps): Promise<void> {
  return pingStored(deps.db)
}
