import type { FastifyRequest } from 'fastify'
import { type Address, type AddressRange, parseAddress } from '../domain/network/address.ts'
import { clientAddress, proxiedAddress } from '../domain/network/client-address.ts'
import { headerLines } from './header-lines.ts'

type Heard = Pick<FastifyRequest, 'socket' | 'raw'>

/** From where a request comes, as far as the trusted proxies can say; undefined: no usable address. */
export function clientAddressOf(
  request: Heard,
  trustedProxies: readonly AddressRange[],
): Address | undefined {
  if (trustedProxies.length === 0) return socketAddressOf(request)
  return clientAddress(request.socket.remoteAddress, forwardingHeaders(request), trustedProxies)
}

/** From where the request comes that a proxy asks about. */
export function proxiedAddressOf(
  request: Heard,
  trustedProxies: readonly AddressRange[],
): Address | undefined {
  return proxiedAddress(request.socket.remoteAddress, forwardingHeaders(request), trustedProxies)
}

/** The other end of the socket, whatever headers say; undefined on a Unix socket, and once it is gone. */
export function socketAddressOf({ socket }: Pick<Heard, 'socket'>): Address | undefined {
  return socket.remoteAddress === undefined ? undefined : parseAddress(socket.remoteAddress)
}

function forwardingHeaders({ raw }: Heard) {
  return {
    xForwardedFor: headerLines(raw.rawHeaders, 'x-forwarded-for'),
    forwarded: headerLines(raw.rawHeaders, 'forwarded'),
  }
}
