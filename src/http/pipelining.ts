import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ServiceError } from '../errors.ts'
import { limitChunks } from './limit-chunks.ts'
import { paceConnection } from './pacing/pace-connection.ts'
import type { Pacing } from './pacing/pacing.ts'
import { refuseConnection } from './refuse-connection.ts'
import { stopParsing } from './stop-parsing.ts'

/** Requests of one connection that may wait behind the request in progress. */
export const maxPipelined = 32

/** How long a connection that is refused further requests may take to read the last answers. */
const lastAnswersMs = 30_000

export type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** What a connection is doing. */
export interface Activity {
  /** Whether a request is in progress or waits. */
  readonly isBusy: boolean
  /** Increases with each request of any connection. */
  readonly lastRequest: number
}

/**
 * Serves the requests of a connection one after the other, each in a turn of the event loop of its
 * own. Node.js hands over all requests of a chunk in one turn: 58 kB of pipelined requests for a
 * document held the process for 17 s, with all their answers in memory.
 *
 * If more than `maxPipelined` wait, the first of them gets a 503 that closes the connection. The
 * others get no answer (RFC 9112, section 9.6), none of them is served, and the rest of the chunk
 * is not parsed. So does a body in very many chunks end its connection, with a 400. Refusals are
 * paced by the address of the client.
 */
export class RequestTurns {
  readonly #connections = new WeakMap<Socket, Connection>()
  readonly #serve: Handle
  readonly #pacing: Pacing
  #requests = 0

  constructor(serve: Handle, pacing: Pacing) {
    this.#serve = serve
    this.#pacing = pacing
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket) ?? this.#add(request.socket)
    this.#requests += 1
    connection.receive(request, response, this.#requests)
  }

  /** A connection that became something else than HTTP: it is busy from now on. */
  keep(socket: Socket): void {
    const connection = this.#connections.get(socket) ?? this.#add(socket)
    connection.isKept = true
  }

  /** Undefined: the connection has sent no request. */
  activityOf(socket: Socket): Activity | undefined {
    return this.#connections.get(socket)
  }

  #add(socket: Socket): Connection {
    const connection = new Connection(socket, this.#serve, this.#pacing)
    this.#connections.set(socket, connection)
    return connection
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

class Connection implements Activity {
  lastRequest = 0
  isKept = false
  readonly #socket: Socket
  readonly #serve: Handle
  readonly #pacing: Pacing
  #last: ServerResponse | undefined
  #waiting: Exchange[] = []
  #isRefused = false
  /** The count of bytes at the last request: equal for two requests of one chunk. */
  #bytesRead = -1

  constructor(socket: Socket, serve: Handle, pacing: Pacing) {
    this.#socket = socket
    this.#serve = serve
    this.#pacing = pacing
  }

  get isBusy(): boolean {
    const last = this.#last
    if (this.isKept) return true
    return this.#waiting.length > 0 || !(last === undefined || last.writableFinished || last.closed)
  }

  receive(request: IncomingMessage, response: ServerResponse, number: number): void {
    if (this.#isRefused) return
    this.lastRequest = number
    if (request.headers['transfer-encoding'] !== undefined) {
      limitChunks(request, (error) => this.#refuse(error))
    }
    const { bytesRead } = this.#socket
    const isFirstOfChunk = bytesRead !== this.#bytesRead
    this.#bytesRead = bytesRead
    if (isFirstOfChunk && !this.isBusy) this.#start(request, response)
    else this.#enqueue({ request, response })
  }

  #enqueue(exchange: Exchange): void {
    this.#waiting.push(exchange)
    if (this.#waiting.length > maxPipelined) this.#refuse(tooManyRequests())
    else if (this.#waiting.length === 1) this.#continueAfterLast()
  }

  #start(request: IncomingMessage, response: ServerResponse): void {
    this.#last = response
    this.#serve(request, response)
  }

  #continueAfterLast(): void {
    const next = () => setImmediate(() => this.#startNext())
    if (this.#last === undefined || this.#last.closed) next()
    else this.#last.once('close', next)
  }

  #startNext(): void {
    const exchange = this.#waiting.shift()
    if (exchange === undefined || this.#socket.destroyed) return
    this.#start(exchange.request, exchange.response)
    if (this.#waiting.length > 0) this.#continueAfterLast()
  }

  #refuse(error: ServiceError): void {
    if (this.#isRefused) return
    this.#isRefused = true
    const [next] = this.#waiting
    this.#waiting = []
    const socket = this.#socket
    stopParsing(socket)
    closeWithoutTraces(socket)
    socket.setTimeout(lastAnswersMs)
    const refused = { socket, last: this.#last, next: next?.response }
    paceConnection(this.#pacing, socket, () => refuseConnection(refused, error))
  }
}

function tooManyRequests(): ServiceError {
  return new ServiceError(
    'overloaded',
    `More than ${maxPipelined} requests of the connection wait for their turn. Wait for answers before sending more.`,
  )
}

/**
 * When a connection closes, Node.js makes an error for each of its requests that has no answer, and
 * formats its stack trace. For the requests that one read of a refused connection holds, this takes
 * half of the CPU time of the connection, and nobody reads the errors: they are made without stack
 * traces.
 */
function closeWithoutTraces(socket: Socket): void {
  let limit = Error.stackTraceLimit
  socket.prependOnceListener('close', () => {
    limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
  })
  socket.once('close', () => {
    Error.stackTraceLimit = limit
  })
}
