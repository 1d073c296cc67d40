import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ServiceError } from '../errors.ts'
import { endWithProblem } from './end-with-problem.ts'
import { noSniffing } from './forbid-sniffing.ts'
import { problemBody, problemType, retryAfterSeconds } from './problem.ts'

/** The exchange of a connection that a refusal answers. */
export interface Refused {
  readonly socket: Socket
  /** The response that is in progress. */
  readonly last: ServerResponse | undefined
  /** The response that is due next, if a request waits for its turn. */
  readonly next: ServerResponse | undefined
}

/** Refuses whatever else comes from a connection, and ends it. */
export function refuseConnection({ socket, last, next }: Refused, error: ServiceError): void {
  if (next !== undefined) {
    sendProblem(next, error)
    return
  }
  // The client must not take a second answer for that to another request.
  if (!last?.headersSent) endWithProblem(socket, error)
  socket.destroySoon()
}

function sendProblem(response: ServerResponse, error: ServiceError): void {
  const body = problemBody(error, randomUUID())
  const text = JSON.stringify(body)
  response.writeHead(body.status, {
    ...noSniffing,
    'content-type': problemType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(body.status === 503 && { 'retry-after': String(retryAfterSeconds) }),
    'x-request-id': body.request_id,
    connection: 'close',
  })
  response.end(text)
}
