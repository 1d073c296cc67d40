import type { FastifyRequest } from 'fastify'
import { type Address, type AddressRange, parseAddress } from '../domain/network/address.ts'
import { clientAddress, proxiedAddress } from '../domain/network/client-address.ts'
import { headerLines } from './header-lines.ts'

type RequestSource = Pick<FastifyRequest, 'socket' | 'raw'>

/** The client address, as the trusted proxies report it; undefined if no address is usable. */
export function clientAddressOf(
  request: RequestSource,
  trustedProxies: readonly AddressRange[],
): Address | undefined {
  if (trustedProxies.length === 0) return socketAddressOf(request)
  return clientAddress(request.socket.remoteAddress, forwardingHeaders(request), trustedProxies)
}

/** The client address of the request that a proxy asks about. */
export function proxiedAddressOf(
  request: RequestSource,
  trustedProxies: readonly AddressRange[],
): Address | undefined {
  return proxiedAddress(request.socket.remoteAddress, forwardingHeaders(request), trustedProxies)
}

/** The address of the socket's peer; undefined on a Unix socket and on a closed socket. */
export function socketAddressOf({ socket }: Pick<RequestSource, 'socket'>): Address | undefined {
  return socket.remoteAddress === undefined ? undefined : parseAddress(socket.remoteAddress)
}

function forwardingHeaders({ raw }: RequestSource) {
  return {
    xForwardedFor: headerLines(raw.rawHeaders, 'x-forwarded-for'),
    forwarded: headerLines(raw.rawHeaders, 'forwarded'),
  }
}
