import { Type } from 'typebox'
import { hasValidTag, parseConsoleSecret } from '../../domain/session/console-secret.ts'
import { invalidRequest, notFound, ServiceError } from '../../errors.ts'
import { ProviderUnavailable } from '../../oidc/errors.ts'
import type { ConsoleSettings } from '../api-settings.ts'
import type { App } from '../app-type.ts'
import type { ControlPlaneDeps } from '../deps.ts'
import { closed } from '../schema-tools.ts'
import { requireConsoleRequest, requireSignInSite } from '../sessions/console-request.ts'
import { redirectUriOf } from './callback.ts'
import { signInCookieOf, surplusSignInCookiesOf } from './sign-in-cookie.ts'

const Start = Type.Object(
  {
    provider: Type.String(),
    /** The account in which the person wants to work; absent: the one joined first. */
    account_id: Type.Optional(Type.String({ format: 'uuid' })),
    /** Whether the provider must ask for a proof of identity, to confirm what is sensitive. */
    confirm: Type.Optional(Type.Boolean()),
    /** The secret of a link: the person redeems its invitation. */
    invitation: Type.Optional(Type.String()),
  },
  closed,
)

const Started = Type.Object({ url: Type.String() })

/**
 * Begins a sign-in: answers the URL to which the page navigates, and gives the browser the cookie
 * that the callback requires. Nothing is stored. Throws `unavailable` while the provider is away;
 * the sessions of people go on.
 */
export function startSignInRoute(
  app: App,
  deps: ControlPlaneDeps,
  settings: ConsoleSettings,
): void {
  app.post(
    '/v1/session/oidc',
    {
      schema: { hide: true, body: Start, response: { 200: Started } },
      onRequest: async (request) =>
        requireConsoleRequest(request, requireSignInSite(request, settings.publicSite)),
    },
    async (request, reply) => {
      const {
        provider: name,
        account_id: accountId,
        confirm: isConfirmation = false,
        invitation,
      } = request.body
      const site = requireSignInSite(request, settings.publicSite)
      const provider = deps.providers.get(name)
      if (provider === undefined) throw notFound('provider')
      if (invitation !== undefined) requireSecret(deps, invitation)
      const secrets = { state: random(deps), nonce: random(deps), codeVerifier: random(deps) }
      const redirectUri = redirectUriOf(site, name)
      const url = await provider
        .start({ ...secrets, redirectUri, isConfirmation })
        .catch((error: unknown) => {
          if (!(error instanceof ProviderUnavailable)) throw error
          request.log.warn({ provider: name, reason: error.message }, 'the provider is unavailable')
          throw new ServiceError(
            'unavailable',
            'The provider does not answer as it should. Sign in later, or with an API key. Sessions keep working.',
          )
        })
      const { keyring, now } = deps
      const startedAt = now()
      const pending = {
        ...secrets,
        provider: name,
        origin: site.origin,
        isConfirmation,
        accountId: accountId?.toLowerCase() ?? null,
        invitation,
        startedAt: startedAt.getTime(),
      }
      reply.headers({
        'set-cookie': [
          signInCookieOf(site, pending, keyring.signing),
          ...surplusSignInCookiesOf(request.headers.cookie, site, keyring.keys, startedAt),
        ],
        'cache-control': 'no-store',
      })
      return { url: url.href }
    },
  )
}

/** The link may have lost its end on the way. What is right of it is decided at the redemption. */
function requireSecret({ keyring }: Pick<ControlPlaneDeps, 'keyring'>, text: string): void {
  const secret = parseConsoleSecret('invitation', text)
  if (secret !== undefined && hasValidTag(secret, keyring.keys)) return
  const message = 'The link is not one of an invitation of this service. Copy it whole.'
  throw invalidRequest([{ field: '/invitation', rule: 'invitation', message }])
}

/** 256 bits: RFC 7636, section 7.1, for the verifier. */
function random({ randomBytes }: Pick<ControlPlaneDeps, 'randomBytes'>): string {
  return randomBytes(32).toString('base64url')
}
