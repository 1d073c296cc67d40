import type { App } from '../http/app-type.ts'

const sweepEveryMs = 50

/**
 * Takes no new connection, and resolves when every request in flight has been answered. Fastify closes
 * the connections that are idle at that moment; one that is kept alive after a later answer would hold
 * the process up for as long as the client likes, so they are closed one by one. After `timeoutMs`
 * whatever is left is cut off.
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
