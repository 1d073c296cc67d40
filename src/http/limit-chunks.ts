import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { maxBodyBytes } from '../domain/limits.ts'
import { ServiceError } from '../errors.ts'

/**
 * Chunks of a body (RFC 9112, section 7.1), and of all bodies that a connection sends in one turn
 * of the event loop: 2,000 take 2 to 4 ms, and a body of 256 KiB could have 262,144. A chunk that
 * arrives in two reads counts twice.
 */
export const maxChunks = 2_048

/** A body that is refused unread may be endless. A route refuses half of this by its own limit. */
const maxBytes = 2 * maxBodyBytes

const chunksInTurn = new WeakMap<Socket, number>()
const bytesOfRequests = new WeakMap<IncomingMessage, number>()

/**
 * Calls `refuse` when a body comes in too many chunks or does not end, and drops the rest of the
 * body. It also holds for a body that nobody reads, because the request has its answer already.
 */
export function limitChunks(request: IncomingMessage, refuse: (error: ServiceError) => void): void {
  const { socket } = request
  const push = request.push
  let chunks = 0
  request.push = (chunk, encoding) => {
    chunks += 1
    const bytes = bytesInChunks(request) + (chunk?.length ?? 0)
    bytesOfRequests.set(request, bytes)
    const isTooMany = Math.max(chunks, countInTurn(socket)) > maxChunks
    if (!isTooMany && bytes <= maxBytes) return push.call(request, chunk, encoding)
    request.push = () => true
    refuse(isTooMany ? tooManyChunks() : tooLong())
    return true
  }
  // Node.js drops such a body without `push`.
  Object.assign(request, { _dump: () => request.removeAllListeners('data').resume() })
}

/** How much of a body in chunks has come. */
export function bytesInChunks(request: IncomingMessage): number {
  return bytesOfRequests.get(request) ?? 0
}

function tooManyChunks(): ServiceError {
  return new ServiceError(
    'invalid_request',
    `The body has more than ${maxChunks} chunks. Send larger ones.`,
  )
}

function tooLong(): ServiceError {
  return new ServiceError(
    'body_too_large',
    `The body is larger than the limit of every operation, ${maxBodyBytes} bytes.`,
  )
}

function countInTurn(socket: Socket): number {
  const before = chunksInTurn.get(socket)
  if (before === undefined) setImmediate(() => chunksInTurn.delete(socket))
  const count = (before ?? 0) + 1
  chunksInTurn.set(socket, count)
  return count
}
