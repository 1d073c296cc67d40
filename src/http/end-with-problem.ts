import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { ServiceError } from '../errors.ts'
import { noSniffing } from './forbid-sniffing.ts'
import { problemBody, problemType } from './problem.ts'

/** How long a client may take to read the last answer and close its connection. */
const lastAnswerMs = 30_000

/** Answers on the bare socket, where there is no request to answer, and ends the connection. */
export function endWithProblem(socket: Socket, error: ServiceError): void {
  if (!socket.writable) return
  const body = problemBody(error, randomUUID())
  const text = JSON.stringify(body)
  socket.end(
    [
      `HTTP/1.1 ${body.status} ${body.title}`,
      `Content-Type: ${problemType}`,
      `X-Request-Id: ${body.request_id}`,
      'Cache-Control: no-store',
      ...Object.entries(noSniffing).map(([name, value]) => `${name}: ${value}`),
      'Connection: close',
      `Content-Length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
  )
  socket.setTimeout(lastAnswerMs)
}
