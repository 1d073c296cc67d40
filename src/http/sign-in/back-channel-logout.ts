import { maxLogoutBytes } from '../../domain/limits.ts'
import { BriefOutage } from '../../errors.ts'
import { endSessionsByProvider } from '../../management/sessions/end-by-provider.ts'
import { verifyLogout } from '../../oidc/verify-logout.ts'
import type { App } from '../app-type.ts'
import type { SignInDeps } from '../deps.ts'
import { answerOAuthErrors, refuseRequest } from '../oauth/errors.ts'
import { acceptForms } from '../oauth/forms.ts'

export const logoutPath = '/v1/session/back-channel-logout'

/**
 * Where a provider says that a person logged out there (OpenID Connect Back-Channel Logout 1.0,
 * section 2.5). The route is open: the logout token proves itself. The scope has the prefix
 * `logoutPath`, since the specification has a form and errors of OAuth.
 */
export function backChannelLogoutRoute(app: App, deps: SignInDeps): void {
  acceptForms(app, deps.turns)
  answerOAuthErrors(app)
  app.post(
    '',
    { bodyLimit: maxLogoutBytes, schema: { hide: true }, validatorCompiler: () => () => true },
    async ({ body, log }, reply) => {
      const [token, ...others] = new URLSearchParams(String(body ?? '')).getAll('logout_token')
      if (token === undefined || others.length > 0) {
        return refuseRequest(reply, 'The body must have exactly one logout_token.')
      }
      const verdict = await verifyLogout(deps.issuers, token, deps.now())
      switch (verdict.kind) {
        case 'away':
          throw new BriefOutage('The key is not known now.', verdict.retryAfterSeconds)
        case 'refused':
          log.warn({ reason: verdict.message }, 'logout token refused')
          return refuseRequest(reply, verdict.message)
        case 'proved': {
          const outcome = await endSessionsByProvider(deps, verdict.logout)
          if (outcome.kind === 'repeated')
            return refuseRequest(reply, 'The token was received before.')
          const { sessionIds } = outcome
          log.info({ act: 'provider_logout', session_ids: sessionIds }, 'sessions ended')
          return reply.code(200).header('cache-control', 'no-store').send('')
        }
      }
    },
  )
}
