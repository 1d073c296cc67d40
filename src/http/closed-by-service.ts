import type { Server } from 'node:http'

/**
 * Why the service itself closed the connections of a server: a request that is then incomplete
 * fails as it does when its client closes.
 */
const reasons = new WeakMap<Server, string>()

/** Notes why the service closes all connections of a server, from now on. */
export function noteClosing(server: Server, reason: string): void {
  reasons.set(server, reason)
}

/** Undefined: connections of the server are closed by their clients. */
export function closingReasonOf(server: Server): string | undefined {
  return reasons.get(server)
}
