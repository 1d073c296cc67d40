import { maxRequiredPermissions } from '../../../src/domain/limits.ts'
import { parseAddress } from '../../../src/domain/network/address.ts'
import type { Attempt } from '../../../src/domain/verdict.ts'
import { VerifierError } from '../../../src/edge/verifier-error.ts'
import type { VerifyOptions } from './question.ts'

const anything: Attempt = { address: undefined, permissions: [], accountId: undefined }

/** What a token is judged for. Throws `invalid_attempt` for what the service refuses. */
export function toAttempt(options: VerifyOptions | undefined): Attempt {
  if (options === undefined) return anything
  const { clientIp, permissions = [], accountId } = options
  const address = clientIp === undefined ? undefined : parseAddress(clientIp)
  if (clientIp !== undefined && address === undefined) {
    throw new VerifierError('invalid_attempt', 'clientIp is no IPv4 or IPv6 address.')
  }
  if (permissions.length > maxRequiredPermissions) {
    const message = `An attempt may require ${maxRequiredPermissions} permissions at most.`
    throw new VerifierError('invalid_attempt', message)
  }
  return { address, permissions, accountId: accountId?.toLowerCase() }
}
