import type { Socket } from 'node:net'

/**
 * When a connection closes, Node.js makes an error for each of its requests that has no answer, and
 * formats its stack trace. For the requests that one read of a refused connection holds, this takes
 * half of the CPU time of the connection, and nobody reads the errors: they are made without stack
 * traces.
 */
export function closeWithoutTraces(socket: Socket): void {
  let limit = Error.stackTraceLimit
  socket.prependOnceListener('close', () => {
    limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
  })
  socket.once('close', () => {
    Error.stackTraceLimit = limit
  })
}
