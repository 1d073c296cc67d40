import type { Logger } from 'pino'
import { edgeDepsOf } from './edge-mode/edge-deps.ts'
import type { EdgeVerdicts } from './edge-mode/edge-verdicts.ts'
import type { ApiSettings } from './http/api-settings.ts'
import type { App } from './http/app-type.ts'
import { authenticateScope } from './http/authentication.ts'
import { type CommonAppOptions, createApp } from './http/create-app.ts'
import { registerEdgeModeMetrics } from './http/edge-mode/edge-mode-metrics.ts'
import { EdgeReadiness, edgeReadinessRoute } from './http/edge-mode/edge-readiness.ts'
import { refuseElsewhere } from './http/edge-mode/elsewhere.ts'
import { forwardAuthRoutes } from './http/forward-auth/forward-auth.ts'
import { nativeComponents } from './http/native/components.ts'
import { verificationApi } from './http/native/native-api.ts'
import { OAuthErrorBody } from './http/oauth/errors.ts'
import {
  introspectionComponents,
  introspectionPath,
  introspectionRoute,
} from './http/oauth/introspect.ts'
import { healthComponents, livenessRoute } from './http/operations/health.ts'
import { type MetricsOptions, metricsRoute } from './http/operations/metrics-route.ts'
import { FaultBody, Problem, writeProblem } from './http/problem.ts'
import { refuseUnknownQueries } from './http/unknown-query.ts'

export interface EdgeAppOptions extends CommonAppOptions, MetricsOptions {
  readonly apis: ApiSettings
  readonly log: Logger
  /** The address of the service, for what only the service has. */
  readonly edgeOf: string
}

/** The HTTP server of an edge: the routes for verdicts, and no other. */
export async function buildEdgeApp(verdicts: EdgeVerdicts, options: EdgeAppOptions): Promise<App> {
  const { apis, pacing } = options
  const deps = edgeDepsOf(verdicts)
  const { app, connections } = createApp({
    ...options,
    // The documentation is elsewhere, which the 501 of its paths says.
    apis: { ...apis, exposure: { ...apis.exposure, hasDocs: true } },
    turns: deps.turns,
    hasEdges: false,
    components: [
      FaultBody,
      Problem,
      ...nativeComponents,
      OAuthErrorBody,
      ...introspectionComponents,
      ...healthComponents,
      EdgeReadiness,
    ],
  })
  metricsRoute(
    app,
    (registry) => registerEdgeModeMetrics(registry, verdicts),
    { connections, pacing },
    options,
  )
  livenessRoute(app)
  edgeReadinessRoute(app, verdicts)
  await app.register(async (scope: App) => forwardAuthRoutes(scope, deps, apis))
  await app.register(async (scope: App) => introspectionRoute(scope, deps, apis), {
    prefix: introspectionPath,
  })
  await app.register(async (scope: App) => {
    const { trustedProxies, callersNeedKeys } = apis
    if (callersNeedKeys)
      authenticateScope(scope, deps, { trustedProxies, writeError: writeProblem })
    refuseUnknownQueries(scope)
    verificationApi(scope, deps)
  })
  await refuseElsewhere(app, options.edgeOf)
  return app
}
