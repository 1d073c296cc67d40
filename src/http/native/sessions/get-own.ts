import { getOwnSession } from '../../../management/sessions/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { SignedIn, signedInBody } from './signed-in.ts'

/** Returns the session of the browser, and who is signed in. */
export function getOwnSessionRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/session',
    {
      config: { access: { permission: null } },
      schema: { hide: true, response: { 200: SignedIn } },
    },
    async ({ principal }) => signedInBody(deps, principal, await getOwnSession(deps, principal)),
  )
}
