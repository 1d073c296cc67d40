import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { ServiceError } from '../errors.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { type Handle, maxPipelined, RequestTurns } from './pipelining.ts'
import { problemBody, problemType, retryAfterSeconds } from './problem.ts'

/**
 * The HTTP server of the application, with its timeouts, which serves the requests of a connection
 * in turns. `limits` bounds its connections.
 */
export function createHttpServer(serve: Handle, limits?: ConnectionLimits): Server {
  const options = {
    requestTimeout: 30_000,
    headersTimeout: 20_000,
    keepAliveTimeout: 72_000,
    // The application refuses such requests, in the form of its errors.
    requireHostHeader: false,
  }
  const turns = new RequestTurns(serve, refusePipelined)
  const server = createServer(options, (request, response) => turns.receive(request, response))
  limits?.watch(server, turns)
  return server
}

/** Refuses a request because too many others of its connection wait, and ends the connection. */
function refusePipelined(_request: IncomingMessage, response: ServerResponse): void {
  const error = new ServiceError(
    'overloaded',
    `More than ${maxPipelined} requests of the connection wait for their turn. Wait for answers before sending more.`,
  )
  const body = problemBody(error, randomUUID())
  const text = JSON.stringify(body)
  response.writeHead(body.status, {
    'x-content-type-options': 'nosniff',
    'content-type': problemType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'retry-after': String(retryAfterSeconds),
    'x-request-id': body.request_id,
    connection: 'close',
  })
  response.end(text)
}
