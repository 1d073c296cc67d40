import { once } from 'node:events'
import type { Server } from 'node:http'
import type { App } from '../http/app-type.ts'
import { createHttpServer } from '../http/http-server.ts'
import type { OperationsSockets } from '../http/operations/exposure.ts'
import type { Pacing } from '../http/pacing/pacing.ts'
import { answerUnreadableRequests } from '../http/unreadable-request.ts'
import type { Config } from '../settings/settings-schema.ts'
import { reasonNotToListen } from './listen.ts'

const maxConnections = 100

/**
 * The server of the port for health and metrics, which clients of the APIs do not reach: a flood of
 * their connections takes no place here.
 */
export function createOperationsServer(
  app: App,
  sockets: OperationsSockets,
  pacing: Pacing,
): Server {
  const server = createHttpServer((request, response) => app.routing(request, response), { pacing })
  server.on('clientError', answerUnreadableRequests(pacing))
  server.prependListener('connection', (socket) => sockets.add(socket))
  server.maxConnections = maxConnections
  return server
}

/** Listens on OPERATIONS_PORT if it is set. Throws an Error that names the settings. */
export async function listenForOperations(
  server: Server,
  { HOST, OPERATIONS_HOST = HOST, OPERATIONS_PORT }: Config,
): Promise<void> {
  if (OPERATIONS_PORT === undefined) return
  try {
    server.listen({ host: OPERATIONS_HOST, port: OPERATIONS_PORT })
    await once(server, 'listening')
  } catch (error) {
    const names = { port: 'OPERATIONS_PORT', host: 'OPERATIONS_HOST' }
    const reason = reasonNotToListen(error, names)
    throw new Error(
      `Failed to listen on OPERATIONS_PORT ${OPERATIONS_PORT} of ${OPERATIONS_HOST}: ${reason}`,
      { cause: error },
    )
  }
}

/** Ends the answers in progress at once: those of health and metrics are short. */
export async function closeOperations(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
