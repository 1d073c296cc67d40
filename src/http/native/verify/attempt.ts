import type { Static } from 'typebox'
import { parseAddress } from '../../../domain/network/address.ts'
import type { Attempt } from '../../../domain/verdict.ts'
import type { Fault } from '../../../errors.ts'
import { expectedAddress } from '../../expected-value.ts'
import type { AttemptBody } from '../shapes/attempt.ts'

/** The attempt of a request, without its token. Undefined if `client_ip` is not an address. */
export function parseAttempt(body: Static<typeof AttemptBody>): Attempt | undefined {
  const { client_ip: clientIp, permissions, account_id: accountId } = body
  const address = clientIp === undefined ? undefined : parseAddress(clientIp)
  if (clientIp !== undefined && address === undefined) return undefined
  return { address, permissions: permissions ?? [], accountId: accountId?.toLowerCase() }
}

/** The fault of a `client_ip` that is no address. */
export function addressFault(field: string): Fault {
  return { field, rule: 'address', message: `The value must be ${expectedAddress}.` }
}

/** Keys of the platform account that hold `api_key:verify`: on any token of any account. */
export const verifyAccess = { permission: 'api_key:verify', platformOnly: true }
