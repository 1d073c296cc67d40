import type { Socket } from 'node:net'
import { siteOf, socketAddressOf } from '../request-address.ts'
import type { Pacing } from './pacing.ts'

/** At most 64 KiB of requests are read in vain. */
const priceMs = 20

/**
 * Ends a connection that sent what is no HTTP, or more than it may: later if its address had this
 * done very often lately. No proxy sends such bytes, so that the address of the socket counts.
 */
export function paceConnection(pacing: Pacing, socket: Socket, end: () => void): void {
  const address = socketAddressOf({ socket })
  pacing.pay(address === undefined ? 'unknown' : siteOf(address), priceMs, end)
}
