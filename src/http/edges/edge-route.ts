import websocket, { type WebSocket } from '@fastify/websocket'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { edgeSubprotocol, maxFrameBytes } from '../../domain/edge/edge-protocol.ts'
import { ServiceError } from '../../errors.ts'
import { requireKey } from '../../management/require-key.ts'
import type { Edges } from '../../verification/edges/edges.ts'
import type { App } from '../app-type.ts'
import { bearerToken } from '../bearer-token.ts'
import { verifyAccess } from '../native/verify/attempt.ts'
import { statusOf } from '../problem.ts'
import { edgePath } from './edge-upgrades.ts'
import { handshakeFault, webSocketVersion } from './handshake.ts'

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
      if (request.ws) refuse(request, reply, edges)
      // What the log and the metrics show of a stream, which has no other answer.
      reply.code(101)
    },
    handler: async () => {
      throw new ServiceError(
        'invalid_request',
        `This path is a WebSocket for edges. Send Upgrade: websocket and Sec-WebSocket-Version: ${webSocketVersion} over HTTP/1.1, without a body.`,
      )
    },
    wsHandler: (socket, request) => attach(socket, request, edges),
  })
}

function refuse({ headers }: FastifyRequest, reply: FastifyReply, edges: Edges): void {
  const fault = handshakeFault(headers)
  if (fault === undefined && edges.hasPlace) return
  reply.header('connection', 'close')
  if (fault === undefined) {
    throw new ServiceError(
      'overloaded',
      'As many edges as EDGES_MAX are attached. Try again later.',
    )
  }
  // RFC 6455, section 4.2.2; RFC 9110, sections 7.8 and 15.5.22.
  if (statusOf(fault) === 426) {
    reply.headers({
      'sec-websocket-version': webSocketVersion,
      upgrade: 'websocket',
      connection: 'upgrade, close',
    })
  }
  throw fault
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
