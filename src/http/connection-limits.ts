import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { type AddressRange, covers, parseAddress } from '../domain/network/address.ts'
import type { RequestTurns } from './pipelining.ts'
import { siteOf } from './request-address.ts'

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

/** The open connections of an address, the oldest first. */
interface Peer {
  readonly address: string
  readonly open: Set<Socket>
}

/**
 * Bounds the open connections of a server. A client that opens connections and sends nothing costs
 * nothing but places, so that a place is taken from those first: from the connection that has
 * waited longest for its first request, then from the idle one whose last request is the oldest. A
 * new connection is refused if every other one has a request in progress.
 */
export class ConnectionLimits {
  readonly closed: Record<ClosingReason, number> = {
    silent: 0,
    idle: 0,
    address_limit: 0,
    limit: 0,
  }
  readonly #settings: ConnectionLimitSettings
  /** The oldest first; a trusted proxy has no peer. */
  readonly #open = new Map<Socket, Peer | undefined>()
  readonly #peers = new Map<string, Peer>()
  #turns: Pick<RequestTurns, 'activityOf'> = { activityOf: () => undefined }

  constructor(settings: ConnectionLimitSettings) {
    this.#settings = settings
  }

  get open(): number {
    return this.#open.size
  }

  /** Bounds the connections of the server, whose requests `turns` serves, from now on. */
  watch(server: Server, turns: Pick<RequestTurns, 'activityOf'>): void {
    this.#turns = turns
    server.on('connection', (socket: Socket) => this.#admit(socket))
  }

  #admit(socket: Socket): void {
    const peer = this.#peerOf(socket)
    const refusal = this.#refusalOf(peer)
    if (refusal !== undefined) return void this.#close(socket, refusal)
    this.#open.set(socket, peer)
    if (peer !== undefined) {
      this.#peers.set(peer.address, peer)
      peer.open.add(socket)
    }
    socket.once('close', () => this.#forget(socket))
  }

  /** Why a further connection is refused, after others have made room for it where they can. */
  #refusalOf(peer: Peer | undefined): ClosingReason | undefined {
    const { max, maxPerAddress } = this.#settings
    if (peer !== undefined && peer.open.size >= maxPerAddress) {
      if (!this.#replace(this.#oldestSilent(peer.open), 'silent')) return 'address_limit'
    }
    if (this.#open.size < max) return undefined
    if (this.#replace(this.#oldestSilent(this.#open.keys()), 'silent')) return undefined
    return this.#replace(this.#longestIdle(), 'idle') ? undefined : 'limit'
  }

  /**
   * What sockets are doing is looked up only here, where no place is left: a record of each request
   * took 1 us of it.
   */
  #oldestSilent(sockets: Iterable<Socket>): Socket | undefined {
    for (const socket of sockets) if (this.#turns.activityOf(socket) === undefined) return socket
    return undefined
  }

  #longestIdle(): Socket | undefined {
    let longest: Socket | undefined
    let lastRequest = Number.POSITIVE_INFINITY
    for (const socket of this.#open.keys()) {
      const activity = this.#turns.activityOf(socket)
      if (activity === undefined || activity.isBusy || activity.lastRequest > lastRequest) continue
      longest = socket
      lastRequest = activity.lastRequest
    }
    return longest
  }

  #replace(socket: Socket | undefined, reason: ClosingReason): boolean {
    if (socket === undefined) return false
    this.#forget(socket)
    this.#close(socket, reason)
    return true
  }

  #close(socket: Socket, reason: ClosingReason): void {
    this.closed[reason] += 1
    socket.destroy()
  }

  #forget(socket: Socket): void {
    const peer = this.#open.get(socket)
    this.#open.delete(socket)
    if (peer?.open.delete(socket) && peer.open.size === 0) this.#peers.delete(peer.address)
  }

  #peerOf(socket: Socket): Peer | undefined {
    const address = this.#siteOf(socket)
    if (address === undefined) return undefined
    return this.#peers.get(address) ?? { address, open: new Set() }
  }

  /** Undefined for a trusted proxy, and for a socket that is closed already. */
  #siteOf({ remoteAddress }: Socket): string | undefined {
    const address = remoteAddress === undefined ? undefined : parseAddress(remoteAddress)
    if (address === undefined || covers(this.#settings.trustedProxies, address)) return undefined
    return siteOf(address)
  }
}
