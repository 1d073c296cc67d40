import { ping as pingStored } from '../store/ping.ts'
import type { VerificationDeps } from './deps.ts'

/**
 * Checks that a verdict could rest on the database now. Rejects when the database does not answer,
 * or cannot commit.
 */
export function ping(deps: Pick<VerificationDeps, 'verificationReads'>): Promise<void> {
  return deps.verificationReads.read(pingStored)
}
