import { maxHeaderSize } from 'node:http'
import fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { TSchema } from 'typebox'
import { maxBodyBytes } from '../domain/limits.ts'
import { answerProblems, answerUnreadablePath } from './answer-problems.ts'
import type { ApiSettings } from './api-settings.ts'
import type { App } from './app-type.ts'
import { acceptJsonOnly } from './bodies.ts'
import { limitBodies } from './body-limit.ts'
import type { BodyTurns } from './body-turns.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { closeRefusedUpgrades } from './edges/edge-upgrades.ts'
import { forbidSniffing, noSniffing } from './forbid-sniffing.ts'
import { createHttpServer } from './http-server.ts'
import { omitLengthOfNotModified } from './not-modified.ts'
import { type OperationsSockets, restrictExposure } from './operations/exposure.ts'
import { paceAnswers } from './pacing/pace-answers.ts'
import type { Pacing } from './pacing/pacing.ts'
import { payerOf } from './pacing/payer.ts'
import { priceOfErrorMs } from './pacing/price.ts'
import { parseQuery } from './query-string.ts'
import { refuseWhileDraining } from './refuse-while-draining.ts'
import { answerWithRequestId, requestIdOf } from './request-id.ts'
import { logRequests } from './request-log.ts'
import { createRequestLogger } from './request-logger.ts'
import { applyRequestRules } from './request-rules.ts'
import { createSerializerFactory } from './serialization.ts'
import { answerUnreadableRequests } from './unreadable-request.ts'
import { createValidatorCompiler } from './validation.ts'

export interface CommonAppOptions {
  /** Whether the process is shutting down. */
  readonly isDraining: () => boolean
  readonly apis: Pick<ApiSettings, 'trustedProxies' | 'connections' | 'exposure'>
  readonly pacing: Pacing
  /** The connections that arrive at the port for health and metrics, if there is one. */
  readonly operationsSockets?: OperationsSockets
}

export interface CreateAppOptions extends CommonAppOptions {
  readonly log: Logger
  readonly turns: BodyTurns
  /** Whether requests of edges become streams. */
  readonly hasEdges: boolean
  /** The schemas that routes refer to by name. */
  readonly components: readonly TSchema[]
  /** Answers a path that the router cannot decode. Default: with a problem. */
  readonly answerUnreadablePath?: typeof answerUnreadablePath
}

export interface CreatedApp {
  readonly app: App
  readonly connections: ConnectionLimits
}

/**
 * The HTTP server without a route: what holds for every request, of the service and of an edge.
 */
export function createApp(options: CreateAppOptions): CreatedApp {
  const { log, apis, pacing, components, hasEdges } = options
  const { trustedProxies } = apis
  const connections = new ConnectionLimits({ ...apis.connections, trustedProxies })
  const app: App = fastify({
    loggerInstance: log as FastifyBaseLogger,
    genReqId: requestIdOf,
    childLoggerFactory: createRequestLogger,
    logController: new LogController({
      requestIdLogLabel: 'request_id',
      disableRequestLogging: true,
    }),
    return503OnClosing: false,
    bodyLimit: maxBodyBytes,
    // An id of any length is one that does not exist: the header bounds the length of a path.
    routerOptions: { querystringParser: parseQuery, maxParamLength: maxHeaderSize },
    serverFactory: (serve) => createHttpServer(serve, { pacing, limits: connections, hasEdges }),
    forceCloseConnections: 'idle',
    frameworkErrors: paceUnreadablePath(options),
    clientErrorHandler: answerUnreadableRequests(pacing),
    schemaController: { compilersFactory: { buildSerializer: createSerializerFactory() } },
  })
  for (const component of components) app.addSchema(component)
  app.setValidatorCompiler(createValidatorCompiler(components))

  answerWithRequestId(app)
  forbidSniffing(app)
  omitLengthOfNotModified(app)
  paceAnswers(app, pacing, trustedProxies)
  restrictExposure(app, apis.exposure, options.operationsSockets ?? new WeakSet())
  if (hasEdges) closeRefusedUpgrades(app)
  answerProblems(app)
  limitBodies(app)
  acceptJsonOnly(app, options.turns)
  logRequests(app, log, trustedProxies)
  applyRequestRules(app)
  refuseWhileDraining(app, options.isDraining)
  return { app, connections }
}

/** No hook runs for such a path. */
function paceUnreadablePath({
  apis: { trustedProxies },
  pacing,
  answerUnreadablePath: answer = answerUnreadablePath,
}: CreateAppOptions): typeof answerUnreadablePath {
  return (error, request, reply) =>
    pacing.pay(payerOf(request, trustedProxies), priceOfErrorMs, () => {
      reply.headers({ ...noSniffing, 'x-request-id': request.id })
      answer(error, request, reply)
    })
}
