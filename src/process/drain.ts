import type { App } from '../http/app-type.ts'

const sweepEveryMs = 50

/**
 * Stops accepting connections, and resolves when every request in flight has been answered. Fastify
 * closes the connections that are idle at that moment; a connection that a later answer keeps alive
 * would delay the exit for as long as the client likes, so that idle connections are closed
 * repeatedly. After `timeoutMs` the rest is cut off.
 */
export async function drain(app: App, timeoutMs: number): Promise<void> {
  const sweeping = setInterval(() => app.server.closeIdleConnections(), sweepEveryMs)
  const deadline = setTimeout(() => app.server.closeAllConnections(), timeoutMs)
  try {
    await app.close()
  } finally {
    clearInterval(sweeping)
    clearTimeout(deadline)
  }
}
