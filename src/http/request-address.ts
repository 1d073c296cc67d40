import type { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Address } from '../domain/network/address.ts'
import { type AddressRange, parseAddress } from '../domain/network/address.ts'
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

/** Parsed once for each connection: parsing takes 1 us. */
const socketAddresses = new WeakMap<Socket, Address>()

/**
 * The address of the socket's peer; undefined on a Unix socket, and on one that closed before this
 * was asked.
 */
export function socketAddressOf({ socket }: Pick<RequestSource, 'socket'>): Address | undefined {
  const known = socketAddresses.get(socket)
  if (known !== undefined) return known
  const { remoteAddress } = socket
  const address = remoteAddress === undefined ? undefined : parseAddress(remoteAddress)
  if (address !== undefined) socketAddresses.set(socket, address)
  return address
}

function forwardingHeaders({ raw }: RequestSource) {
  return {
    xForwardedFor: headerLines(raw.rawHeaders, 'x-forwarded-for'),
    forwarded: headerLines(raw.rawHeaders, 'forwarded'),
  }
}

/** What an address counts as: itself, or the 64 bits that an IPv6 site has at least (RFC 6177). */
export function siteOf({ family, value }: Address): string {
  return family === 4 ? `4/${value}` : `6/${value >> 64n}`
}
