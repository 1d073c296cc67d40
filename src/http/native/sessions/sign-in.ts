import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { runForAccount } from '../../../account-context.ts'
import type { KeyPrincipal } from '../../../domain/principal.ts'
import { invalidRequest } from '../../../errors.ts'
import { type StartedSession, startSession } from '../../../management/sessions/start.ts'
import { startSessionByLink } from '../../../management/sessions/start-by-link.ts'
import type { SignInSettings } from '../../api-settings.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { refusedToken } from '../../refused-token.ts'
import { clientAddressOf } from '../../request-address.ts'
import { closed } from '../../schema-tools.ts'
import { requireConsoleRequest, requireSignInSite } from '../../sessions/console-request.ts'
import { cookieOf } from '../../sessions/session-cookie.ts'
import { SignedIn, signedInBody } from './signed-in.ts'

const SignIn = Type.Object(
  { key: Type.Optional(Type.String()), sign_in_secret: Type.Optional(Type.String()) },
  closed,
)

/** Exchanges a key, or the secret of a sign-in link, for a session cookie. */
export function signInRoute(app: App, deps: ControlPlaneDeps, settings: SignInSettings): void {
  app.post(
    '/v1/session',
    {
      schema: { hide: true, body: SignIn, response: { 201: SignedIn } },
      // Before the body, which may hold a key, is read.
      onRequest: async (request) =>
        requireConsoleRequest(request, requireSignInSite(request, settings.publicSite)),
    },
    async (request, reply) => {
      const site = requireSignInSite(request, settings.publicSite)
      const { started, principal } = await signIn(deps, request, settings)
      const { session, token } = started
      request.log.info(
        { act: 'sign_in', session_id: session.id, by: principal.key.id },
        'signed in',
      )
      const body = await runForAccount(principal.key.accountId, () =>
        signedInBody(deps, principal, session),
      )
      reply.headers({ 'set-cookie': cookieOf(site, token), 'cache-control': 'no-store' })
      return reply.code(201).send(body)
    },
  )
}

interface SignedInAs {
  readonly started: StartedSession
  readonly principal: KeyPrincipal
}

async function signIn(
  deps: ControlPlaneDeps,
  request: FastifyRequest<{ Body: Static<typeof SignIn> }>,
  { trustedProxies }: SignInSettings,
): Promise<SignedInAs> {
  const { key, sign_in_secret: secret } = request.body
  const address = clientAddressOf(request, trustedProxies)
  const from = { address, requestId: request.id, epoch: deps.cache.epoch }
  if (secret !== undefined && key === undefined) return startSessionByLink(deps, from, secret)
  if (key === undefined || secret !== undefined) throw oneOfBoth()
  const verdict = await deps.verdicts.verify(key, {
    address,
    permissions: [],
    accountId: undefined,
  })
  if (!verdict.valid) throw refusedToken(verdict.reason, 'key')
  const principal: KeyPrincipal = {
    kind: 'key',
    key: verdict.key,
    actingUser: undefined,
    session: undefined,
    readAt: undefined,
    authorityRenewed: false,
    ...from,
  }
  const started = await runForAccount(verdict.key.accountId, () => startSession(deps, principal))
  return { started, principal }
}

function oneOfBoth() {
  const message = 'Send either key or sign_in_secret.'
  return invalidRequest([{ field: '', rule: 'one_of', message }])
}
