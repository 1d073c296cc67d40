import type { App } from '../http/app-type.ts'
import { noteClosing } from '../http/closed-by-service.ts'

const sweepEveryMs = 50

/**
 * Stops accepting connections, and resolves when every request in flight has been answered. Fastify
 * closes the connections that are idle at that moment; a connection that a later answer keeps alive
 * would delay the exit for as long as the client likes, so that idle connections are closed
 * repeatedly. After `timeoutMs` the rest is cut off.
 */
export async function drain(app: App, timeoutMs: number): Promise<void> {
  const sweeping = setInterval(() => app.server.closeIdleConnections(), sweepEveryMs)
  const deadline = setTimeout(() => cutOff(app), timeoutMs)
  try {
    await app.close()
  } finally {
    clearInterval(sweeping)
    clearTimeout(deadline)
  }
}

/** A client that waits for an answer then sees its connection end: the log says by whom. */
function cutOff(app: App): void {
  noteClosing(app.server, 'the service stops, and DRAIN_TIMEOUT_MS has passed')
  app.server.getConnections((_error, connections) => {
    app.log.warn({ connections }, 'cut off the requests that took longer than DRAIN_TIMEOUT_MS')
    app.server.closeAllConnections()
  })
}
