import { Type } from 'typebox'
import { requireSession } from '../../../management/sessions/owner.ts'
import type { ConsoleSettings } from '../../api-settings.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nullableString } from '../../schema-tools.ts'
import { expiredCookieOf, hasCookieOf, sitesOf } from '../../sessions/session-cookie.ts'
import { logoutUrlOf } from '../../sign-in/provider-logout.ts'
import { waitQuery } from '../shapes/wait.ts'
import { answerEnd } from './end.ts'
import { EndedSessionAnswer } from './session-body.ts'

/** `logout_url`: where the page then goes, to log out of the provider. */
const SignedOut = Type.Object({
  ...EndedSessionAnswer.properties,
  logout_url: nullableString(),
})

/** Ends the session of the browser, and expires its cookie. */
export function signOutRoute(app: App, deps: ControlPlaneDeps, settings: ConsoleSettings): void {
  app.delete(
    '/v1/session',
    {
      config: { access: { permission: null } },
      schema: { hide: true, querystring: waitQuery, response: { 200: SignedOut } },
      // Also of a session that has ended already: its cookie is of no more use.
      onSend: async (request, reply) => {
        if (reply.statusCode !== 200 && reply.statusCode !== 401) return
        for (const site of sitesOf(request, settings.publicSite)) {
          if (hasCookieOf(request, site)) reply.header('set-cookie', expiredCookieOf(site))
        }
      },
    },
    async (request) => {
      const ended = await answerEnd(deps, request, requireSession(request.principal).id)
      return { ...ended, logout_url: await logoutUrlOf(deps, request, settings) }
    },
  )
}
