import type { Deps } from '../deps.ts'
import { ping as pingStored } from '../store/ping.ts'

/**
 * Checks that a verdict could rest on the database now. Rejects when the database does not answer,
 * or cannot commit.
 */
export function ping(deps: Deps): Promise<void> {
  return deps.currentReads.read(pingStored)
}
