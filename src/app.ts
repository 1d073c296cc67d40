import fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import { maxBodyBytes } from './domain/limits.ts'
import { aeonApi } from './http/aeon/aeon-api.ts'
import { answerUnknownAeonPath, isAeonPath } from './http/aeon/errors.ts'
import { answerProblems, answerUnreadablePath } from './http/answer-problems.ts'
import type { ApiSettings } from './http/api-settings.ts'
import type { App } from './http/app-type.ts'
import { authenticateScope, type CallerRules } from './http/authentication.ts'
import { acceptJsonOnly } from './http/bodies.ts'
import { limitBodies } from './http/body-limit.ts'
import { answerConditionally } from './http/conditional-reads.ts'
import { ConnectionLimits } from './http/connection-limits.ts'
import { consoleRoutes } from './http/console/console-routes.ts'
import type { WriteError } from './http/current-only.ts'
import type { Deps } from './http/deps.ts'
import { edgeRoute } from './http/edges/edge-route.ts'
import { closeRefusedUpgrades } from './http/edges/edge-upgrades.ts'
import { forbidSniffing, noSniffing } from './http/forbid-sniffing.ts'
import { createHttpServer } from './http/http-server.ts'
import { nativeComponents } from './http/native/components.ts'
import { nativeApi, verificationApi } from './http/native/native-api.ts'
import { sessionApi } from './http/native/sessions/session-api.ts'
import { signInRoute } from './http/native/sessions/sign-in.ts'
import { omitLengthOfNotModified } from './http/not-modified.ts'
import { answerUnknownOAuthPath, OAuthErrorBody } from './http/oauth/errors.ts'
import {
  introspectionComponents,
  introspectionPath,
  introspectionRoute,
  isIntrospectionPath,
} from './http/oauth/introspect.ts'
import { metadataRoute, OAuthMetadata } from './http/oauth/metadata.ts'
import { describeRoutes } from './http/openapi.ts'
import { type OperationsSockets, restrictExposure } from './http/operations/exposure.ts'
import { healthComponents, healthRoutes } from './http/operations/health.ts'
import { type MetricsOptions, metricsRoute } from './http/operations/metrics-route.ts'
import type { PoolUses } from './http/operations/pool-metrics.ts'
import { paceAnswers } from './http/pacing/pace-answers.ts'
import type { Pacing } from './http/pacing/pacing.ts'
import { payerOf } from './http/pacing/payer.ts'
import { priceOfErrorMs } from './http/pacing/price.ts'
import { FaultBody, Problem, writeProblem } from './http/problem.ts'
import { forwardAuthRoutes } from './http/proxy/forward-auth.ts'
import { parseQuery } from './http/query-string.ts'
import { refuseWhileDraining } from './http/refuse-while-draining.ts'
import { answerWithRequestId, requestIdOf } from './http/request-id.ts'
import { logRequests } from './http/request-log.ts'
import { createRequestLogger } from './http/request-logger.ts'
import { applyRequestRules } from './http/request-rules.ts'
import { rootPage } from './http/root-page.ts'
import { runForAccounts } from './http/run-for-accounts.ts'
import { createSerializerFactory } from './http/serialization.ts'
import { refuseUnknownQueries } from './http/unknown-query.ts'
import { answerUnreadableRequests } from './http/unreadable-request.ts'
import { createValidatorCompiler } from './http/validation.ts'

export interface AppOptions extends MetricsOptions {
  readonly pools: PoolUses
  /** Whether the process is shutting down; it is then not ready. */
  readonly isDraining: () => boolean
  readonly apis: ApiSettings
  readonly pacing: Pacing
  /** The connections that arrive at the port for health and metrics, if there is one. */
  readonly operationsSockets?: OperationsSockets
}

/** The whole HTTP server, every API included. */
export async function buildApp(deps: Deps, options: AppOptions): Promise<App> {
  const { trustedProxies } = options.apis
  const { pacing } = options
  const { edges } = deps
  const connections = new ConnectionLimits({ ...options.apis.connections, trustedProxies })
  const app: App = fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    genReqId: requestIdOf,
    childLoggerFactory: createRequestLogger,
    logController: new LogController({
      requestIdLogLabel: 'request_id',
      disableRequestLogging: true,
    }),
    return503OnClosing: false,
    bodyLimit: maxBodyBytes,
    routerOptions: { querystringParser: parseQuery },
    serverFactory: (serve) =>
      createHttpServer(serve, { pacing, limits: connections, hasEdges: edges !== undefined }),
    forceCloseConnections: 'idle',
    frameworkErrors: answerUnreadablePathOf(options.apis, pacing),
    clientErrorHandler: answerUnreadableRequests(pacing),
    schemaController: { compilersFactory: { buildSerializer: createSerializerFactory() } },
  })
  const named = [
    FaultBody,
    Problem,
    ...nativeComponents,
    OAuthErrorBody,
    ...introspectionComponents,
    ...healthComponents,
    OAuthMetadata,
  ]
  for (const component of named) app.addSchema(component)
  app.setValidatorCompiler(createValidatorCompiler(named))

  answerWithRequestId(app)
  forbidSniffing(app)
  omitLengthOfNotModified(app)
  paceAnswers(app, pacing, trustedProxies)
  restrictExposure(app, options.apis.exposure, options.operationsSockets ?? new WeakSet())
  if (edges !== undefined) closeRefusedUpgrades(app)
  answerProblems(app)
  limitBodies(app)
  acceptJsonOnly(app, deps.turns)
  logRequests(app, deps.log, trustedProxies)
  applyRequestRules(app)
  refuseWhileDraining(app, options.isDraining)
  await describeRoutes(app, options.apis)

  // Open without authentication: test/http/authentication.test.ts holds the complete list.
  metricsRoute(app, deps, { pools: options.pools, connections, pacing }, options)
  healthRoutes(app, deps)
  metadataRoute(app, options.apis.publicUrl)
  rootPage(app, options.apis)
  if (options.apis.console !== undefined) consoleRoutes(app)

  // These routes authenticate their callers in another way than the scope below.
  await app.register(async (scope: App) => forwardAuthRoutes(scope, deps, options.apis))
  await app.register(async (scope: App) => introspectionRoute(scope, deps, options.apis), {
    prefix: introspectionPath,
  })

  const guard = (
    scope: App,
    writeError: WriteError,
    sessions: CallerRules['sessions'] = undefined,
  ) => {
    authenticateScope(scope, deps, { trustedProxies, writeError, sessions })
    runForAccounts(scope)
    refuseUnknownQueries(scope)
  }
  // Only where there is something to read: verifications do not pay for it.
  const guardReads: typeof guard = (scope, writeError, sessions) => {
    answerConditionally(scope, writeError)
    guard(scope, writeError, sessions)
  }
  await app.register(async (scope: App) => {
    guard(scope, writeProblem)
    verificationApi(scope, deps)
  })
  if (edges !== undefined) {
    await app.register(async (scope: App) => {
      guard(scope, writeProblem)
      await edgeRoute(scope, edges)
    })
  }
  // The only scope in which session cookies count.
  await app.register(async (scope: App) => {
    guardReads(scope, writeProblem, options.apis.console)
    nativeApi(scope, deps)
    if (options.apis.console !== undefined) sessionApi(scope, deps, options.apis.console)
  })
  if (options.apis.console !== undefined) {
    const console = { ...options.apis.console, trustedProxies }
    await app.register(async (scope: App) => {
      refuseUnknownQueries(scope)
      signInRoute(scope, deps, console)
    })
  }
  if (options.apis.aeon) await aeonApi(app, deps, guardReads)
  return app
}

/** Each API answers unreadable paths below its own prefix. */
function answerUnreadablePathOf(
  { aeon, trustedProxies }: ApiSettings,
  pacing: Pacing,
): typeof answerUnreadablePath {
  const answer: typeof answerUnreadablePath = (error, request, reply) => {
    reply.headers({ ...noSniffing, 'x-request-id': request.id })
    if (aeon && isAeonPath(request.url)) return answerUnknownAeonPath(request, reply)
    if (isIntrospectionPath(request.url)) return void answerUnknownOAuthPath(reply)
    return answerUnreadablePath(error, request, reply)
  }
  // No hook runs for such a path.
  return (...exchange) => {
    const [, request] = exchange
    pacing.pay(payerOf(request, trustedProxies), priceOfErrorMs, () => answer(...exchange))
  }
}
