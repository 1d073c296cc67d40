import type { FastifyRequest } from 'fastify'
import { type AddressRange, covers } from '../../domain/network/address.ts'
import { parseBearer } from '../../domain/token/bearer.ts'
import { ServiceError } from '../../errors.ts'
import type { KeyCaller } from '../../verification/current-caller.ts'
import type { VerdictDeps } from '../deps.ts'
import { headerLines } from '../header-lines.ts'
import { socketAddressOf } from '../request-address.ts'

const permissions = ['api_key:verify']

/**
 * Authenticates a proxy by the address of its socket, or by a token of its own. If the address
 * suffices, the header is ignored, because a client may have sent it, and the result is undefined:
 * no key vouches for the proxy. Throws `permission_denied`.
 */
export async function proveProxy(
  deps: VerdictDeps,
  request: FastifyRequest,
  networks: readonly AddressRange[],
): Promise<KeyCaller | undefined> {
  const address = socketAddressOf(request)
  if (address !== undefined && covers(networks, address)) return undefined
  const [value = '', ...others] = headerLines(request.raw.rawHeaders, 'x-verifier-authorization')
  const token = others.length > 0 ? undefined : parseBearer(value)
  if (token !== undefined) {
    const epoch = deps.cache.epoch
    const readAt = deps.cache.isLeaseExpired() ? deps.cache.monotonicMs() : undefined
    const verdict = await deps.verdicts.verify(token, {
      address,
      permissions,
      accountId: undefined,
    })
    if (verdict.valid && verdict.key.platform) return { key: verdict.key, epoch, readAt }
  }
  throw new ServiceError('permission_denied', 'The proxy is not authorized to verify tokens.')
}
