import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { type AddressRange, covers, parseAddress } from '../domain/network/address.ts'

export interface ConnectionLimitSettings {
  /** Open connections of this process. */
  readonly max: number
  /** Open connections of one address, and of the 64 bits that an IPv6 site has. */
  readonly maxPerAddress: number
  /** Addresses without a bound of their own, because they connect for many clients. */
  readonly trustedProxies: readonly AddressRange[]
}

/** Why a connection was closed: silent and idle ones make room for others. */
export const closingReasons = ['silent', 'idle', 'address_limit', 'limit'] as const
export type ClosingReason = (typeof closingReasons)[number]

interface Peer {
  open: number
  /** Connections without a request so far, the oldest first. */
  readonly silent: Set<Socket>
}

interface Connection {
  /** Undefined for a trusted proxy. */
  readonly peer: Peer | undefined
  /** The key of the peer. */
  readonly address: string
  requests: number
}

/**
 * Bounds the open connections of a server. A client that opens connections and sends nothing costs
 * nothing but places, so that a place is taken from those first: from the connection that has
 * waited longest for its first request, then from the one that has been idle longest. A new
 * connection is refused if every other one has a request in progress.
 */
export class ConnectionLimits {
  readonly closed: Record<ClosingReason, number> = {
    silent: 0,
    idle: 0,
    address_limit: 0,
    limit: 0,
  }
  readonly #settings: ConnectionLimitSettings
  readonly #open = new Map<Socket, Connection>()
  readonly #peers = new Map<string, Peer>()
  readonly #silent = new Set<Socket>()
  /** Connections between two requests, the longest idle first. */
  readonly #idle = new Set<Socket>()

  constructor(settings: ConnectionLimitSettings) {
    this.#settings = settings
  }

  get open(): number {
    return this.#open.size
  }

  /** Bounds the connections of the server from now on. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#admit(socket))
    server.prependListener('request', (request, response) => {
      const { socket } = request
      this.#begin(socket)
      response.once('close', () => this.#end(socket))
    })
  }

  #admit(socket: Socket): void {
    const address = this.#siteOf(socket)
    const peer = address === undefined ? undefined : this.#peerOf(address)
    const refusal = this.#refusalOf(peer)
    if (refusal !== undefined) return void this.#close(socket, refusal)
    this.#open.set(socket, { peer, address: address ?? '', requests: 0 })
    this.#silent.add(socket)
    if (address !== undefined && peer !== undefined) {
      this.#peers.set(address, peer)
      peer.open += 1
      peer.silent.add(socket)
    }
    socket.once('close', () => this.#forget(socket))
  }

  /** Why a further connection is refused, after others have made room for it where they can. */
  #refusalOf(peer: Peer | undefined): ClosingReason | undefined {
    const { max, maxPerAddress } = this.#settings
    if (peer !== undefined && peer.open >= maxPerAddress) {
      if (!this.#closeFirst(peer.silent, 'silent')) return 'address_limit'
    }
    if (this.#open.size >= max && !this.#makeRoom()) return 'limit'
    return undefined
  }

  #makeRoom(): boolean {
    return this.#closeFirst(this.#silent, 'silent') || this.#closeFirst(this.#idle, 'idle')
  }

  #closeFirst(sockets: ReadonlySet<Socket>, reason: ClosingReason): boolean {
    const [oldest] = sockets
    if (oldest === undefined) return false
    this.#forget(oldest)
    this.#close(oldest, reason)
    return true
  }

  #close(socket: Socket, reason: ClosingReason): void {
    this.closed[reason] += 1
    socket.destroy()
  }

  #begin(socket: Socket): void {
    const connection = this.#open.get(socket)
    if (connection === undefined) return
    connection.requests += 1
    this.#idle.delete(socket)
    if (this.#silent.delete(socket)) connection.peer?.silent.delete(socket)
  }

  #end(socket: Socket): void {
    const connection = this.#open.get(socket)
    if (connection === undefined) return
    connection.requests -= 1
    if (connection.requests === 0) this.#idle.add(socket)
  }

  #forget(socket: Socket): void {
    const connection = this.#open.get(socket)
    if (connection === undefined) return
    this.#open.delete(socket)
    this.#silent.delete(socket)
    this.#idle.delete(socket)
    const { peer, address } = connection
    if (peer === undefined) return
    peer.silent.delete(socket)
    peer.open -= 1
    if (peer.open === 0) this.#peers.delete(address)
  }

  #peerOf(address: string): Peer {
    return this.#peers.get(address) ?? { open: 0, silent: new Set() }
  }

  /** Undefined for a trusted proxy, and for a socket that is closed already. */
  #siteOf({ remoteAddress }: Socket): string | undefined {
    const address = remoteAddress === undefined ? undefined : parseAddress(remoteAddress)
    if (address === undefined || covers(this.#settings.trustedProxies, address)) return undefined
    // RFC 6177: an IPv6 site has 64 bits of addresses or more.
    return address.family === 4 ? `4/${address.value}` : `6/${address.value >> 64n}`
  }
}
