import type { FastifyRequest } from 'fastify'
import { type AddressRange, covers } from '../../domain/network/address.ts'
import { ServiceError } from '../../errors.ts'
import type { Caller } from '../../verification/current-caller.ts'
import { verify } from '../../verification/verify.ts'
import { parseBearer } from '../bearer.ts'
import { socketAddressOf } from '../client-address.ts'
import type { Deps } from '../deps.ts'
import { headerLines } from '../header-lines.ts'

const permissions = ['api_key:verify']

/**
 * Throws `permission_denied` unless the sender of a request is a proxy that may ask for verdicts: by its
 * socket's address, or by a token of its own. Where the address is enough the header is not looked at,
 * since it could be the client's, and there is nobody whose key could be revoked.
 */
export async function proveProxy(
  deps: Deps,
  request: FastifyRequest,
  networks: readonly AddressRange[],
): Promise<Caller | undefined> {
  const address = socketAddressOf(request)
  if (address !== undefined && covers(networks, address)) return undefined
  const [value = '', ...others] = headerLines(request.raw.rawHeaders, 'x-verifier-authorization')
  const token = others.length > 0 ? undefined : parseBearer(value)
  if (token !== undefined) {
    const epoch = deps.cache.epoch
    const readAt = deps.cache.isLeaseExpired() ? deps.cache.monotonicMs() : undefined
    const verdict = await verify(deps, token, { address, permissions, accountId: undefined })
    if (verdict.valid && verdict.key.platform) return { key: verdict.key, epoch, readAt }
  }
  throw new ServiceError('permission_denied', 'The proxy is not authorized to verify tokens.')
}
