import type { FastifyRequest } from 'fastify'
import type { AddressRange } from '../../domain/network/address.ts'
import { rightsOf } from '../../domain/principal.ts'
import { clientAddressOf, siteOf } from '../request-address.ts'

/** The account of the caller, or the address of one who needs no token or has none. */
export function payerOf(request: FastifyRequest, trustedProxies: readonly AddressRange[]): string {
  const { principal, introspector } = request
  if (principal !== undefined) return rightsOf(principal).accountId
  if (introspector !== undefined) return introspector.key.accountId
  const address = clientAddressOf(request, trustedProxies)
  return address === undefined ? 'unknown' : siteOf(address)
}
