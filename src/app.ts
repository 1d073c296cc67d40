import { aeonApi } from './http/aeon/aeon-api.ts'
import { answerUnknownAeonPath, isAeonPath } from './http/aeon/errors.ts'
import { answerUnreadablePath } from './http/answer-problems.ts'
import type { ApiSettings } from './http/api-settings.ts'
import type { App } from './http/app-type.ts'
import { authenticateScope } from './http/authentication.ts'
import { answerConditionally } from './http/conditional-reads.ts'
import { consoleRoutes } from './http/console/console-routes.ts'
import { type CommonAppOptions, createApp } from './http/create-app.ts'
import type { WriteError } from './http/current-only.ts'
import type { Deps } from './http/deps.ts'
import { edgeRoute } from './http/edges/edge-route.ts'
import { forwardAuthRoutes } from './http/forward-auth/forward-auth.ts'
import { nativeComponents } from './http/native/components.ts'
import { nativeApi, verificationApi } from './http/native/native-api.ts'
import { sessionApi } from './http/native/sessions/session-api.ts'
import { signInRoute } from './http/native/sessions/sign-in.ts'
import { answerUnknownOAuthPath, OAuthErrorBody } from './http/oauth/errors.ts'
import {
  introspectionComponents,
  introspectionPath,
  introspectionRoute,
  isIntrospectionPath,
} from './http/oauth/introspect.ts'
import { metadataRoute, OAuthMetadata } from './http/oauth/metadata.ts'
import { describeRoutes } from './http/openapi.ts'
import { healthComponents, livenessRoute, readinessRoute } from './http/operations/health.ts'
import { type MetricsOptions, metricsRoute } from './http/operations/metrics-route.ts'
import type { FiguresOfPools } from './http/operations/pool-metrics.ts'
import { registerServiceMetrics } from './http/operations/service-metrics.ts'
import { FaultBody, Problem, writeProblem } from './http/problem.ts'
import { refuseConditions } from './http/refuse-conditions.ts'
import { rootPage } from './http/root-page.ts'
import { runForAccounts } from './http/run-for-accounts.ts'
import { backChannelLogoutRoute, logoutPath } from './http/sign-in/back-channel-logout.ts'
import { signInCallbackRoute } from './http/sign-in/callback.ts'
import { listProvidersRoute } from './http/sign-in/list-providers.ts'
import { startSignInRoute } from './http/sign-in/start.ts'
import { refuseUnknownQueries } from './http/unknown-query.ts'
import { getAccount } from './management/accounts/get.ts'

export interface AppOptions extends CommonAppOptions, MetricsOptions {
  readonly pools: FiguresOfPools
  readonly apis: ApiSettings
}

/** The whole HTTP server, every API included. */
export async function buildApp(deps: Deps, options: AppOptions): Promise<App> {
  const { apis, pacing } = options
  const { trustedProxies } = apis
  const { edges } = deps
  const { app, connections } = createApp({
    ...options,
    log: deps.log,
    turns: deps.turns,
    hasEdges: edges !== undefined,
    answerUnreadablePath: answerUnreadablePathOf(apis),
    components: [
      FaultBody,
      Problem,
      ...nativeComponents,
      OAuthErrorBody,
      ...introspectionComponents,
      ...healthComponents,
      OAuthMetadata,
    ],
  })
  await describeRoutes(app, apis)

  // Open without authentication: test/http/authentication.test.ts holds the complete list.
  metricsRoute(
    app,
    (registry) => registerServiceMetrics(registry, deps, options.pools),
    { connections, pacing },
    options,
  )
  livenessRoute(app)
  readinessRoute(app, deps)
  await app.register(async (scope: App) => {
    answerConditionally(scope, writeProblem)
    metadataRoute(scope, apis.publicUrl)
    rootPage(scope, apis)
  })
  if (apis.console !== undefined) consoleRoutes(app)

  // These routes authenticate their callers in another way than the scope below.
  await app.register(async (scope: App) => forwardAuthRoutes(scope, deps, apis))
  await app.register(async (scope: App) => introspectionRoute(scope, deps, apis), {
    prefix: introspectionPath,
  })

  const requireAccount = (accountId: string) => getAccount(deps, accountId)
  const guard = (scope: App, writeError: WriteError, hasPeople = false) => {
    const sessions = hasPeople && apis.console !== undefined && { deps, ...apis.console }
    authenticateScope(scope, deps, {
      trustedProxies,
      writeError,
      requireAccount,
      ...(sessions && { sessions }),
      ...(hasPeople && { issuers: { deps } }),
    })
    runForAccounts(scope)
    refuseUnknownQueries(scope)
  }
  // Only where there is something to read: verifications do not pay for it.
  const guardReads: typeof guard = (scope, writeError, hasPeople) => {
    answerConditionally(scope, writeError)
    guard(scope, writeError, hasPeople)
    refuseConditions(scope)
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
  // The only scope in which session cookies and JWTs of issuers count.
  await app.register(async (scope: App) => {
    guardReads(scope, writeProblem, true)
    nativeApi(scope, deps, apis)
    if (apis.console !== undefined) sessionApi(scope, deps, apis.console)
  })
  if (apis.console !== undefined) {
    const console = { ...apis.console, trustedProxies }
    // For browsers and providers: the OpenAPI document describes none of these (decision 37).
    await app.register(async (scope: App) => {
      refuseUnknownQueries(scope)
      signInRoute(scope, deps, console)
      listProvidersRoute(scope, deps)
      startSignInRoute(scope, deps, console)
    })
    // Apart: the callback ignores parameters that it does not know.
    signInCallbackRoute(app, deps, console)
    await app.register(async (scope: App) => backChannelLogoutRoute(scope, deps), {
      prefix: logoutPath,
    })
  }
  if (apis.aeon) await aeonApi(app, deps, guardReads, apis.console)
  return app
}

/** Each API answers unreadable paths below its own prefix. */
function answerUnreadablePathOf({ aeon }: ApiSettings): typeof answerUnreadablePath {
  return (error, request, reply) => {
    if (aeon && isAeonPath(request.url)) return answerUnknownAeonPath(request, reply)
    if (isIntrospectionPath(request.url)) return void answerUnknownOAuthPath(reply)
    return answerUnreadablePath(error, request, reply)
  }
}
