import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Chunks of a body (RFC 9112, section 7.1), and of all bodies that a connection sends in one turn
 * of the event loop: 2,000 take 2 to 4 ms, and a body of 256 KiB could have 262,144. A chunk that
 * arrives in two reads counts twice.
 */
export const maxChunks = 2_048

const chunksInTurn = new WeakMap<Socket, number>()

/**
 * Calls `refuse` when a body comes in too many chunks, and drops the rest of the body. It also
 * holds for a body that nobody reads, because the request has its answer already.
 */
export function limitChunks(request: IncomingMessage, refuse: () => void): void {
  const { socket } = request
  const push = request.push
  let chunks = 0
  request.push = (chunk, encoding) => {
    chunks += 1
    if (Math.max(chunks, countInTurn(socket)) <= maxChunks) {
      return push.call(request, chunk, encoding)
    }
    request.push = () => true
    refuse()
    return true
  }
  // Node.js drops such a body without `push`.
  Object.assign(request, { _dump: () => request.removeAllListeners('data').resume() })
}

function countInTurn(socket: Socket): number {
  const before = chunksInTurn.get(socket)
  if (before === undefined) setImmediate(() => chunksInTurn.delete(socket))
  const count = (before ?? 0) + 1
  chunksInTurn.set(socket, count)
  return count
}
