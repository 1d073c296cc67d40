import type { Socket } from 'node:net'

/** What the parser of Node.js takes for the end of HTTP on a connection, as after CONNECT. */
const noMoreHttp = 2

/**
 * Reads nothing more from a connection, and hands over no further request of what was read. Without
 * this, Node.js makes the objects of all requests of a read in one turn of the event loop: 3,600 in
 * 64 KiB.
 *
 * Node.js does not document `parser`. Without it parsing goes on, and test/http/pipelining.test.ts
 * fails.
 */
export function stopParsing(socket: Socket): void {
  const { parser } = socket as Socket & { readonly parser?: { onIncoming: unknown } | null }
  if (parser) parser.onIncoming = () => noMoreHttp
  socket.pause()
  // Node.js does so whenever the stream of a request wants more of its body.
  socket.resume = () => socket
}
