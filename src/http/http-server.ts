import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { ConnectionLimits } from './connection-limits.ts'
import { isEdgeUpgrade } from './edges/edge-upgrades.ts'
import { continueAtFirstRead } from './expectations.ts'
import type { Pacing } from './pacing/pacing.ts'
import { type Handle, RequestTurns } from './pipelining.ts'
import { originFormOf } from './request-path.ts'
import { answerConnect } from './unreadable-request.ts'

export interface HttpServerOptions {
  /** Delays refusals of connections. */
  readonly pacing: Pacing
  /** Bounds the connections. */
  readonly limits?: ConnectionLimits
  /** Whether requests of edges become streams. */
  readonly hasEdges?: boolean
}

/**
 * The HTTP server of the application, with its timeouts, which serves the requests of a connection
 * in turns.
 */
export function createHttpServer(
  serve: Handle,
  { limits, pacing, hasEdges = false }: HttpServerOptions,
): Server {
  const timeouts = {
    requestTimeout: 30_000,
    headersTimeout: 20_000,
    keepAliveTimeout: 72_000,
    // The application refuses such requests, in the form of its errors.
    requireHostHeader: false,
  }
  // Behind requests that are not answered yet, an upgrade is none.
  const shouldUpgradeCallback = (request: IncomingMessage) => {
    if (request.url !== undefined) request.url = originFormOf(request.url)
    return hasEdges && isEdgeUpgrade(request) && !turns.activityOf(request.socket)?.isBusy
  }
  const turns = new RequestTurns((request, response) => {
    if (request.url !== undefined) request.url = originFormOf(request.url)
    serve(request, response)
  }, pacing)
  const server = createServer({ ...timeouts, shouldUpgradeCallback }, (request, response) =>
    turns.receive(request, response),
  )
  // The application judges such requests. Without a listener Node.js answers them itself: 417
  // without a problem and as many as a read has in one turn, and 100 before any rule is applied.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('checkContinue', (request, response) => {
    continueAtFirstRead(request, response)
    server.emit('request', request, response)
  })
  answerConnect(server, pacing, (socket) => turns.activityOf(socket)?.isBusy === true)
  server.on('upgrade', ({ socket }) => turns.keep(socket))
  limits?.watch(server, turns)
  return server
}
