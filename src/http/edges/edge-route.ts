import websocket, { type WebSocket } from '@fastify/websocket'
import type { FastifyRequest } from 'fastify'
import { edgeSubprotocol, maxFrameBytes } from '../../domain/edge/edge-protocol.ts'
import { ServiceError } from '../../errors.ts'
import { requireKey } from '../../management/require-key.ts'
import type { Edges } from '../../verification/edges/edges.ts'
import type { App } from '../app-type.ts'
import { bearerToken } from '../bearer-token.ts'
import { verifyAccess } from '../native/verify/attempt.ts'
import { edgePath } from './edge-upgrades.ts'

/** How long the other end may take to answer a close frame. */
const closeWithinMs = 1_000

/**
 * The stream of an edge: authenticated as a request, and then a WebSocket. OpenAPI has no words for
 * it, so that docs/edge.md describes the messages.
 */
export async function edgeRoute(app: App, edges: Edges): Promise<void> {
  await app.register(websocket, {
    options: {
      maxPayload: maxFrameBytes,
      perMessageDeflate: false,
      handleProtocols: (offered: Set<string>) => offered.has(edgeSubprotocol) && edgeSubprotocol,
    },
    // What breaks the framing has a close code of RFC 6455 already; `attach` hears of it, too.
    errorHandler: (_error: Error, socket: WebSocket) => terminateSoon(socket),
    // The service ends the streams before it closes the server: see `stop` in service.ts.
    preClose: (done: () => void) => done(),
  })
  app.route({
    method: 'GET',
    url: edgePath,
    config: { access: verifyAccess },
    schema: { hide: true },
    preHandler: async (request, reply) => {
      refuse(request, edges)
      // What the log and the metrics show of a stream, which has no other answer.
      reply.code(101)
    },
    handler: async (_request, reply) => {
      reply.header('upgrade', 'websocket')
      throw new ServiceError(
        'invalid_request',
        'This path is a WebSocket for edges: send Upgrade: websocket, and Sec-WebSocket-Version: 13.',
      )
    },
    wsHandler: (socket, request) => attach(socket, request, edges),
  })
}

function refuse({ headers }: FastifyRequest, edges: Edges): void {
  const offered = headers['sec-websocket-protocol']
  if (offered !== undefined && !offered.split(',').some((one) => one.trim() === edgeSubprotocol)) {
    throw new ServiceError(
      'invalid_request',
      `This service speaks the subprotocol ${edgeSubprotocol} and no other.`,
    )
  }
  if (edges.hasPlace) return
  throw new ServiceError('overloaded', 'As many edges as EDGES_MAX are attached. Try again later.')
}

function attach(socket: WebSocket, request: FastifyRequest, edges: Edges): void {
  const { key, epoch, readAt, address } = requireKey(request.principal)
  const stream = edges.accept(
    {
      get waitingBytes() {
        return socket.bufferedAmount
      },
      send: (text) => socket.send(text),
      close(code, reason) {
        socket.close(code, reason)
        terminateSoon(socket)
      },
    },
    { caller: { key, epoch, readAt }, credentials: { token: bearerToken(request), address } },
  )
  socket.on('message', (data, isBinary) => {
    if (isBinary) stream.fault('A binary frame: messages are text.')
    else stream.received(data.toString())
  })
  socket.on('error', () => stream.fault('A frame that this service does not accept.'))
  socket.on('close', () => edges.closed(stream))
}

function terminateSoon(socket: WebSocket): void {
  setTimeout(() => socket.terminate(), closeWithinMs).unref()
}
