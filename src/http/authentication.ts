import type { FastifyRequest } from 'fastify'
import { runForAccount } from '../account-context.ts'
import { requirePermission } from '../acts/authority.ts'
import type { AddressRange } from '../domain/network/address.ts'
import { type CallerPrincipal, rightsOf } from '../domain/principal.ts'
import { notFound, ServiceError } from '../errors.ts'
import { parseActingUser, refuseActingUser } from './acting-user.ts'
import type { App } from './app-type.ts'
import type { Admitted, AuthenticatedCaller } from './authenticated-caller.ts'
import { authorizeJwt, isOfIssuer } from './authorize-jwt.ts'
import { bearerToken } from './bearer-token.ts'
import { answerToCurrentOnly, type WriteError } from './current-only.ts'
import type { CallerDeps, VerdictDeps } from './deps.ts'
import { refusedToken } from './refused-token.ts'
import { clientAddressOf } from './request-address.ts'
import { authorizeSession } from './sessions/authorize-session.ts'
import type { ConsoleSite } from './sessions/console-site.ts'
import { findSessionCookie } from './sessions/session-cookie.ts'

/** Who may call a route. */
export interface Access {
  /** Null: any caller. */
  readonly permission: string | null
  /** Only callers of the platform account may call it, whatever their permissions. */
  readonly platformOnly?: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    principal: CallerPrincipal
  }
  interface FastifyContextConfig {
    access?: Access
  }
}

/** How the callers of a scope authenticate. */
export interface CallerRules {
  readonly trustedProxies: readonly AddressRange[]
  /** Writes an error in the form of the scope's API. */
  readonly writeError: WriteError
  /** Rejects if there is no such account; undefined: no route of the scope names one. */
  readonly requireAccount?: (accountId: string) => Promise<unknown>
  /** Where session cookies count as well as tokens; undefined: nowhere in the scope. */
  readonly sessions?: { readonly deps: CallerDeps; readonly publicSite: ConsoleSite | undefined }
  /** Where JWTs of the issuers of OIDC_FILE count as well; undefined: nowhere in the scope. */
  readonly issuers?: { readonly deps: CallerDeps }
}

/**
 * Authenticates every request of a scope, before the body is read: 401, then 404 for resources of
 * another account, then 403. The service does not start if a route of the scope has no access rule.
 */
export function authenticateScope(app: App, deps: VerdictDeps, rules: CallerRules): void {
  app.decorateRequest('principal')
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) {
      throw new Error(`${String(route.method)} ${route.url} has no access rule.`)
    }
  })
  const admitRequest = (request: FastifyRequest) => authorize(deps, request, rules)
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      const authorized = admitRequest(request)
      if (authorized === undefined) done()
      else authorized.then(() => done(), done)
    } catch (refusal) {
      done(refusal as Error)
    }
  })
  answerToCurrentOnly(app, deps, admitRequest, rules.writeError)
}

/** Returns undefined, not a promise, if memory has the answer: the hot path waits for nothing. */
function authorize(
  deps: VerdictDeps,
  request: FastifyRequest,
  rules: CallerRules,
): Promise<void> | undefined {
  const { trustedProxies, sessions, issuers } = rules
  const presented = sessions && findSessionCookie(request, sessions.publicSite)
  if (sessions !== undefined && presented !== undefined) {
    const address = clientAddressOf(request, trustedProxies)
    return authorizeSession(sessions.deps, request, { presented, address }, (caller, admitted) =>
      admit(rules, request, caller, admitted),
    )
  }
  const token = bearerToken(request)
  const address = clientAddressOf(request, trustedProxies)
  if (issuers !== undefined && isOfIssuer(issuers.deps, token)) {
    return authorizeJwt(issuers.deps, request, { text: token, address }, (caller, admitted) =>
      admit(rules, request, caller, admitted),
    )
  }
  // The epoch is taken before any read, so that the verdict rests on nothing older than the epoch.
  const epoch = deps.cache.epoch
  const verdict = deps.verdicts.verify(token, { address, permissions: [], accountId: undefined })
  if (verdict instanceof Promise) {
    const readAt = deps.cache.monotonicMs()
    return verdict.then((settled) => {
      if (!settled.valid) throw refusedToken(settled.reason)
      const caller = { kind: 'key', key: settled.key } as const
      return admit(rules, request, caller, { address, epoch, readAt, session: undefined })
    })
  }
  if (!verdict.valid) throw refusedToken(verdict.reason)
  const caller = { kind: 'key', key: verdict.key } as const
  return admit(rules, request, caller, { address, epoch, readAt: undefined, session: undefined })
}

function admit(
  { requireAccount }: CallerRules,
  request: FastifyRequest,
  caller: AuthenticatedCaller,
  admitted: Admitted,
): Promise<void> | undefined {
  const access = request.routeOptions.config.access
  if (access === undefined) throw new Error('A route of the scope has no access rule.')
  const rights = rightsOf(caller)
  const authorizeRoute = () => {
    if (access.platformOnly === true && !rights.platform) {
      throw new ServiceError(
        'permission_denied',
        'The operation requires a key or a user of the platform account.',
      )
    }
    if (access.permission !== null) requirePermission(rights, access.permission)
    if (admitted.session !== undefined || caller.kind === 'user') refuseActingUser(request)
    request.principal = principalOf(request, caller, admitted)
  }
  const params = request.params as { account_id?: string }
  if (params.account_id === undefined) return void authorizeRoute()
  // Lower case from here on: the cache and the change feed name an account by its one spelling.
  params.account_id = params.account_id.toLowerCase()
  const { account_id: accountId } = params
  if (rights.platform && requireAccount !== undefined) {
    return runForAccount(accountId, () => requireAccount(accountId)).then(authorizeRoute)
  }
  if (rights.accountId !== accountId) throw notFound('account')
  return void authorizeRoute()
}

/** Throws `permission_denied` or `invalid_request` for an acting user that it may not name. */
function principalOf(
  request: FastifyRequest,
  caller: AuthenticatedCaller,
  { address, epoch, readAt, session }: Admitted,
): CallerPrincipal {
  const { id: requestId } = request
  if (caller.kind === 'user') {
    const { kind, user, token } = caller
    return {
      kind,
      user,
      token,
      address,
      session,
      requestId,
      epoch,
      readAt,
      authorityRenewed: false,
    }
  }
  const { kind, key } = caller
  const actingUser = parseActingUser(request, key.holds)
  return {
    kind,
    key,
    address,
    actingUser,
    session,
    requestId,
    epoch,
    readAt,
    authorityRenewed: false,
  }
}
