import type { ConsoleSettings } from '../../api-settings.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { confirmSessionRoute } from './confirm.ts'
import { getOwnSessionRoute } from './get-own.ts'
import { signOutRoute } from './sign-out.ts'

/**
 * What a browser does with its own session. The OpenAPI document does not describe these routes:
 * they serve cookies, and no client but the console may use cookies
 * (docs/decisions/0037-sessions-of-the-console.md).
 */
export function sessionApi(app: App, deps: ControlPlaneDeps, settings: ConsoleSettings): void {
  neverStore(app)
  getOwnSessionRoute(app, deps)
  confirmSessionRoute(app, deps)
  signOutRoute(app, deps, settings)
}

/** Nothing that a session was shown stays in a browser: Back after signing out shows nothing. */
function neverStore(app: App): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.headers.cookie !== undefined) reply.header('cache-control', 'no-store')
    done(null, payload)
  })
}
