import { Type } from 'typebox'
import { ServiceError } from '../../../errors.ts'
import { requireKey } from '../../../management/require-key.ts'
import { confirmSession } from '../../../management/sessions/confirm.ts'
import { getOwnSession } from '../../../management/sessions/list.ts'
import { requireSession } from '../../../management/sessions/owner.ts'
import { verify } from '../../../verification/verify.ts'
import type { ConsoleSettings } from '../../api-settings.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { refusedToken } from '../../refused-token.ts'
import { closed, nullableString } from '../../schema-tools.ts'
import { expiredCookieOf, hasCookieOf, sitesOf } from '../../sessions/session-cookie.ts'
import { logoutUrlOf } from '../../sign-in/provider-logout.ts'
import { waitQuery } from '../shapes/wait.ts'
import { answerEnd } from './end.ts'
import { EndedSessionAnswer } from './session-body.ts'
import { SignedIn, signedInBody } from './signed-in.ts'

const config = { access: { permission: null } }
/** `logout_url`: where the page then goes, to log out of the provider. */
const SignedOut = Type.Object({
  ...EndedSessionAnswer.properties,
  logout_url: nullableString(),
})
const Confirmation = Type.Object({ key: Type.String() }, closed)

/**
 * What a browser does with its own session. The OpenAPI document does not describe these routes:
 * they serve cookies, and no client but the console may use cookies
 * (docs/decisions/0037-sessions-of-the-console.md).
 */
export function sessionApi(app: App, deps: Deps, settings: ConsoleSettings): void {
  neverStore(app)
  getSessionRoute(app, deps)
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

function getSessionRoute(app: App, deps: Deps): void {
  app.get(
    '/v1/session',
    { config, schema: { hide: true, response: { 200: SignedIn } } },
    async ({ principal }) => signedInBody(deps, principal, await getOwnSession(deps, principal)),
  )
}

function confirmSessionRoute(app: App, deps: Deps): void {
  app.post(
    '/v1/session/confirmation',
    { config, schema: { hide: true, body: Confirmation, response: { 200: SignedIn } } },
    async ({ principal, body }) => {
      requireSession(principal)
      const { key, address } = requireKey(principal)
      const attempt = { address, permissions: [], accountId: undefined }
      const verdict = await verify(deps, body.key, attempt)
      if (!verdict.valid) throw refusedToken(verdict.reason, 'key')
      if (verdict.key.id !== key.id) {
        throw new ServiceError('unauthenticated', 'The session belongs to another API key.')
      }
      return signedInBody(deps, principal, await confirmSession(deps, requireKey(principal)))
    },
  )
}

function signOutRoute(app: App, deps: Deps, settings: ConsoleSettings): void {
  app.delete(
    '/v1/session',
    {
      config,
      schema: {
        hide: true,
        querystring: waitQuery,
        response: { 200: SignedOut },
      },
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
