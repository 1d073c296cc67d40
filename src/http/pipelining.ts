import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests of one connection that may wait behind the request in progress. */
export const maxPipelined = 32

/** How long a connection that is refused further requests may take to read the last answers. */
const lastAnswersMs = 30_000

export type Handle = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Serves the requests of a connection one after the other, each in a turn of the event loop of its
 * own. Node.js hands over all requests of a chunk in one turn: 58 kB of pipelined requests for a
 * document held the process for 17 s, with all their answers in memory.
 *
 * `refuse` answers the first waiting request when more than `maxPipelined` wait; it must close the
 * connection. The others get no answer (RFC 9112, section 9.6), and none of them is served.
 */
export function serveInTurns(serve: Handle, refuse: Handle): Handle {
  const connections = new WeakMap<Socket, Connection>()
  return (request, response) => {
    const { socket } = request
    const known = connections.get(socket)
    if (known !== undefined) return known.receive({ request, response })
    const connection = new Connection(socket, serve, refuse)
    connections.set(socket, connection)
    connection.receive({ request, response })
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

class Connection {
  readonly #socket: Socket
  readonly #serve: Handle
  readonly #refuse: Handle
  #last: ServerResponse | undefined
  #waiting: Exchange[] = []
  #isRefused = false
  /** The count of bytes at the last request: equal for two requests of one chunk. */
  #bytesRead = -1

  constructor(socket: Socket, serve: Handle, refuse: Handle) {
    this.#socket = socket
    this.#serve = serve
    this.#refuse = refuse
  }

  receive(exchange: Exchange): void {
    if (this.#isRefused) return
    const { bytesRead } = this.#socket
    const isFirstOfChunk = bytesRead !== this.#bytesRead
    this.#bytesRead = bytesRead
    const isIdle = this.#waiting.length === 0 && (this.#last?.writableFinished ?? true)
    if (isFirstOfChunk && isIdle) this.#start(exchange)
    else this.#enqueue(exchange)
  }

  #enqueue(exchange: Exchange): void {
    this.#waiting.push(exchange)
    if (this.#waiting.length > maxPipelined) this.#refuseAll()
    else if (this.#waiting.length === 1) this.#continueAfterLast()
  }

  #start({ request, response }: Exchange): void {
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
    this.#start(exchange)
    if (this.#waiting.length > 0) this.#continueAfterLast()
  }

  #refuseAll(): void {
    const [first] = this.#waiting
    this.#waiting = []
    this.#isRefused = true
    if (first !== undefined) this.#refuse(first.request, first.response)
    this.#socket.pause()
    this.#socket.setTimeout(lastAnswersMs)
  }
}
