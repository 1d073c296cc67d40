import type { Socket } from 'node:net'

/** What the parser of Node.js takes for the end of HTTP on a connection, as after CONNECT. */
const noMoreHttp = 2

/** The property in which the parser of Node.js has the function that takes a part of a body. */
const onBody = 3

interface Parser {
  onIncoming: unknown
  [onBody]: unknown
}

/**
 * Reads nothing more from a connection, and hands over no further request and no further part of a
 * body of what was read. Without this, Node.js makes the objects of all requests of a read in one
 * turn of the event loop, 3,600 in 64 KiB, or a buffer for each of 10,900 chunks.
 *
 * Node.js does not document `parser`. Without it parsing goes on, and test/http/pipelining.test.ts
 * fails.
 */
export function stopParsing(socket: Socket): void {
  const { parser } = socket as Socket & { readonly parser?: Parser | null }
  if (parser) {
    parser.onIncoming = () => noMoreHttp
    dropBody(parser, socket)
  }
  socket.pause()
  // Node.js does so whenever the stream of a request wants more of its body.
  socket.resume = () => socket
}

/** A parser serves another connection after this one, and needs its function again. */
function dropBody(parser: Parser, socket: Socket): void {
  const take = parser[onBody]
  parser[onBody] = undefined
  socket.once('close', () => {
    parser[onBody] = take
  })
}
