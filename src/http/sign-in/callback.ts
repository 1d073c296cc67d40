import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { RedemptionRefusal } from '../../domain/invitation/redemption.ts'
import { rightsOf } from '../../domain/principal.ts'
import { ServiceError } from '../../errors.ts'
import { type Redemption, redeem } from '../../management/invitations/redeem.ts'
import { type SignedInUser, signInPerson } from '../../management/users/sign-in.ts'
import { ProviderUnavailable, SignInRefused } from '../../oidc/errors.ts'
import { isUnavailable } from '../../verification/outage.ts'
import type { SignInSettings } from '../api-settings.ts'
import type { App } from '../app-type.ts'
import type { SignInDeps } from '../deps.ts'
import { clientAddressOf } from '../request-address.ts'
import type { ConsoleSite } from '../sessions/console-site.ts'
import { cookieOf, sitesOf } from '../sessions/session-cookie.ts'
import { endPreviousSession } from './end-previous-session.ts'
import { expiredSignInCookieOf, type PendingSignIn, parseSignInCookie } from './sign-in-cookie.ts'

/** The parameters of the protocol; a provider may add others, which mean nothing here. */
const known = ['code', 'state', 'iss', 'error']

/** One path for each provider, so that no answer of one counts as that of another (mix-up). */
const callbackPath = '/v1/session/callback'

/** Why a sign-in failed, for the page that opens then. */
type Failure = 'expired' | 'refused' | 'no_role' | 'away' | `invitation_${RedemptionRefusal}`

/** Where a provider sends browsers back: the URI that is registered there. */
export function redirectUriOf({ origin }: ConsoleSite, provider: string): string {
  return `${origin}${callbackPath}/${provider}`
}

/**
 * Where a provider sends the browser back. Whatever happens, the browser opens the console: with a
 * session, or with the reason why there is none. The cookie of the sign-in that the state names is
 * used up either way, and that of no other: sign-ins of several windows leave each other alone, and
 * a forged answer ends none.
 */
export function signInCallbackRoute(app: App, deps: SignInDeps, settings: SignInSettings): void {
  app.get(
    `${callbackPath}/:provider`,
    { schema: { hide: true, params: Type.Object({ provider: Type.String() }) } },
    async (request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
      const found = findPending(deps, request, sitesOf(request, settings.publicSite))
      if (found === undefined) return reply.redirect(pageOf('expired'), 303)
      const { site, pending } = found
      const forget = expiredSignInCookieOf(site, pending)
      const { provider } = request.params
      if (pending.provider !== provider) {
        return reply.header('set-cookie', forget).redirect(pageOf('expired'), 303)
      }
      try {
        const outcome = await finish(deps, settings, request, found)
        if (outcome.kind === 'refused') {
          const failure = `invitation_${outcome.reason}` as const
          request.log.warn({ provider, failure }, 'sign-in refused')
          return reply.header('set-cookie', forget).redirect(pageOf(failure), 303)
        }
        const { started, principal } = outcome
        // The new session is committed: whatever becomes of the one before, the browser gets it.
        await endPreviousSession(deps, request, settings, principal).catch((err: unknown) => {
          request.log.warn({ err, provider }, 'failed to end the previous session of the browser')
        })
        const { id } = started.session
        const { id: by } = rightsOf(principal)
        request.log.info({ act: 'sign_in', session_id: id, by, provider }, 'signed in')
        return reply
          .header('set-cookie', [forget, cookieOf(site, started.token)])
          .redirect(pageOfReader(outcome), 303)
      } catch (error) {
        const failure = failureOf(error)
        request.log.warn(
          { provider, failure, reason: error instanceof Error ? error.message : '' },
          'sign-in refused',
        )
        return reply.header('set-cookie', forget).redirect(pageOf(failure), 303)
      }
    },
  )
}

interface Found {
  readonly site: ConsoleSite
  readonly pending: PendingSignIn
}

function findPending(
  deps: SignInDeps,
  { headers: { cookie }, url }: FastifyRequest,
  sites: readonly ConsoleSite[],
): Found | undefined {
  const [state, ...others] = new URL(url, 'http://localhost').searchParams.getAll('state')
  if (state === undefined || others.length > 0) return undefined
  for (const site of sites) {
    const pending = parseSignInCookie(cookie, site, { state }, deps.keyring.keys, deps.now())
    if (pending !== undefined) return { site, pending }
  }
  return undefined
}

/** What came of a sign-in, without an invitation or with one. */
type Outcome = ({ readonly kind: 'signed_in' } & SignedInUser) | Redemption

async function finish(
  deps: SignInDeps,
  settings: SignInSettings,
  request: FastifyRequest,
  { site, pending }: Found,
): Promise<Outcome> {
  const provider = deps.providers.get(pending.provider)
  if (provider === undefined) throw new SignInRefused('The provider is not configured any more.')
  const { epoch } = deps.cache
  const person = await provider.finish({
    ...pending,
    redirectUri: redirectUriOf(site, pending.provider),
    parameters: parametersOf(request),
  })
  const address = clientAddressOf(request, settings.trustedProxies)
  const from = { address, requestId: request.id, epoch }
  const { accountId, invitation } = pending
  const signedIn = { ...person, accountId: accountId ?? undefined }
  if (invitation !== undefined) return redeem(deps, from, signedIn, invitation)
  return { kind: 'signed_in', ...(await signInPerson(deps, from, signedIn)) }
}

/** Throws SignInRefused for a parameter that is there twice (RFC 6749, section 3.1). */
function parametersOf({ url }: Pick<FastifyRequest, 'url'>): URLSearchParams {
  const { searchParams } = new URL(url, 'http://localhost')
  const parameters = new URLSearchParams()
  for (const name of known) {
    const [value, ...others] = searchParams.getAll(name)
    if (others.length > 0) throw new SignInRefused(`The parameter ${name} is there twice.`)
    if (value !== undefined) parameters.set(name, value)
  }
  return parameters
}

function failureOf(error: unknown): Failure {
  if (error instanceof ProviderUnavailable) return 'away'
  if (error instanceof SignInRefused) return 'refused'
  if (isUnavailable(error)) return 'away'
  switch (error instanceof ServiceError ? error.code : undefined) {
    case 'unavailable':
    case 'overloaded':
      return 'away'
    case 'permission_denied':
    case 'unauthenticated': // The person was removed since the role was found.
      return 'no_role'
    default:
      throw error
  }
}

/** The page tells a user of the account, who was invited all the same, that the role stays. */
function pageOfReader(outcome: Exclude<Outcome, { readonly kind: 'refused' }>): string {
  return outcome.kind === 'redeemed' && !outcome.isAdded ? '/console#role-kept' : '/console'
}

/** The fragment stays in the browser: no log of a proxy has it. */
function pageOf(failure: Failure): string {
  return `/console#sign-in-failed=${failure}`
}
