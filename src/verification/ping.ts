import type { Deps } from '../deps.ts'
import { ping as pingStored } from '../store/ping.ts'

/** Asks the database whether a verdict could rest on it now. Rejects when it does not answer, or does not commit. */
export function ping(deps: Deps): Promise<void> {
  return deps.currentReads.read(pingStored)
}
