import type { FastifyRequest } from 'fastify'
import { requirePermission } from '../acts/authority.ts'
import { maxActorIdLength } from '../domain/limits.ts'
import type { AddressRange } from '../domain/network/address.ts'
import type { ActingUser, KeyPrincipal } from '../domain/principal.ts'
import type { DenialReason, Verdict } from '../domain/verdict.ts'
import { type ErrorCode, invalidRequest, notFound, ServiceError } from '../errors.ts'
import { getAccount } from '../management/accounts/get.ts'
import { nameFaults } from '../management/validate-text.ts'
import { verify } from '../verification/verify.ts'
import type { App } from './app-type.ts'
import { parseBearer } from './bearer.ts'
import { clientAddressOf } from './client-address.ts'
import { answerToCurrentOnly, type WriteError } from './current-only.ts'
import type { Deps } from './deps.ts'

/** Who may call a route. */
export interface Access {
  /** Null: any valid key. */
  readonly permission: string | null
  /** Only keys of the platform account may call it, whatever their permissions. */
  readonly platformOnly?: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    principal: KeyPrincipal
  }
  interface FastifyContextConfig {
    access?: Access
  }
}

/**
 * Authenticates every request of a scope, before the body is read: 401, then 404 for resources of
 * another account, then 403. The service does not start if a route of the scope has no access rule.
 */
export function authenticateScope(
  app: App,
  deps: Deps,
  trustedProxies: readonly AddressRange[],
  writeError: WriteError,
): void {
  app.decorateRequest('principal')
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) {
      throw new Error(`${String(route.method)} ${route.url} has no access rule.`)
    }
  })
  const admit = (request: FastifyRequest) => authorize(deps, request, trustedProxies)
  app.addHook('onRequest', (request, _reply, done) => {
    try {
      const authorized = admit(request)
      if (authorized === undefined) done()
      else authorized.then(() => done(), done)
    } catch (refusal) {
      done(refusal as Error)
    }
  })
  answerToCurrentOnly(app, deps, admit, writeError)
}

/** Returns undefined, not a promise, if memory has the answer: the hot path waits for nothing. */
function authorize(
  deps: Deps,
  request: FastifyRequest,
  trustedProxies: readonly AddressRange[],
): Promise<void> | undefined {
  const token = bearerToken(request)
  const address = clientAddressOf(request, trustedProxies)
  // The epoch is taken before any read, so that the verdict rests on nothing older than the epoch.
  const epoch = deps.cache.epoch
  const verdict = verify(deps, token, { address, permissions: [], accountId: undefined })
  if (verdict instanceof Promise) {
    const readAt = deps.cache.monotonicMs()
    return verdict.then((settled) => admit(deps, request, settled, { address, epoch, readAt }))
  }
  return admit(deps, request, verdict, { address, epoch, readAt: undefined })
}

function admit(
  deps: Deps,
  request: FastifyRequest,
  verdict: Verdict,
  { address, epoch, readAt }: Pick<KeyPrincipal, 'address' | 'epoch' | 'readAt'>,
): Promise<void> | undefined {
  if (!verdict.valid) throw refusedToken(verdict.reason)
  const { key } = verdict
  const access = request.routeOptions.config.access
  if (access === undefined) throw new Error('A route of the scope has no access rule.')
  const authorizeRoute = () => {
    if (access.platformOnly === true && !key.platform) {
      throw new ServiceError(
        'permission_denied',
        'The operation requires a key of the platform account.',
      )
    }
    if (access.permission !== null) requirePermission(key, access.permission)
    request.principal = {
      kind: 'key',
      key,
      address,
      actingUser: parseActingUser(request, key.holds),
      requestId: request.id,
      epoch,
      readAt,
      authorityRenewed: false,
    }
  }
  const params = request.params as { account_id?: string }
  if (params.account_id === undefined) return void authorizeRoute()
  // Lower case from here on: the cache and the change feed name an account by its one spelling.
  params.account_id = params.account_id.toLowerCase()
  if (key.platform) return getAccount(deps, params.account_id).then(authorizeRoute)
  if (key.accountId !== params.account_id) throw notFound('account')
  return void authorizeRoute()
}

/** RFC 6750, section 2.1. The header is the only place for a token, and must be present once. */
function bearerToken(request: FastifyRequest): string {
  const header = request.headers.authorization
  if (header === undefined) {
    throw new ServiceError(
      'unauthenticated',
      'The Authorization header is missing. Send Authorization: Bearer <token>.',
    )
  }
  // Node keeps the first of several Authorization headers and silently drops the others.
  if (countHeader(request.raw.rawHeaders, 'authorization') > 1) {
    throw new ServiceError('unauthenticated', 'Send exactly one Authorization header.')
  }
  const token = parseBearer(header)
  if (token !== undefined) return token
  throw new ServiceError(
    'unauthenticated',
    'The Authorization header must be Bearer followed by one token.',
  )
}

function countHeader(rawHeaders: readonly string[], name: string): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index]
    if (candidate?.length === name.length && candidate.toLowerCase() === name) count += 1
  }
  return count
}

/** A presented token that does not authenticate the request. */
export class RefusedToken extends ServiceError {
  readonly reason: DenialReason

  constructor(reason: DenialReason, code: ErrorCode, message: string) {
    super(code, message)
    this.reason = reason
  }
}

/** The reasons that disclose facts of a key occur only if the secret of the token matched. */
function refusedToken(reason: DenialReason): RefusedToken {
  if (reason === 'address_not_allowed') {
    const message = 'The client address is not in the allow lists of the API key.'
    return new RefusedToken(reason, 'permission_denied', message)
  }
  const messages: Partial<Record<DenialReason, string>> = {
    revoked: 'The API key is revoked.',
    disabled: 'The API key is disabled.',
    rotated: 'The token was replaced by a newer token of the API key.',
    expired: 'The API key has expired.',
  }
  return new RefusedToken(
    reason,
    'unauthenticated',
    messages[reason] ?? 'The API key is not valid.',
  )
}

/**
 * Reads `X-Acting-User` and `X-Acting-User-Name`. Requires the `account:act_as` permission. Throws
 * `permission_denied` or `invalid_request`.
 */
function parseActingUser(
  request: FastifyRequest,
  holds: ReadonlySet<string>,
): ActingUser | undefined {
  const id = request.headers['x-acting-user']
  const encodedName = request.headers['x-acting-user-name']
  if (id === undefined && encodedName === undefined) return undefined
  requirePermission({ holds }, 'account:act_as')
  if (typeof id !== 'string' || !isActorId(id)) {
    throw invalidRequest([
      {
        field: '/x-acting-user',
        rule: 'pattern',
        message: `X-Acting-User must be sent once, with 1 to ${maxActorIdLength} visible ASCII characters.`,
      },
    ])
  }
  return { id, name: encodedName === undefined ? null : decodeName(encodedName) }
}

function isActorId(text: string): boolean {
  return text.length <= maxActorIdLength && /^[\x21-\x7e]+$/.test(text)
}

function decodeName(encoded: string | string[]): string {
  const field = '/x-acting-user-name'
  const name = decodePercent(encoded)
  if (name === undefined) {
    throw invalidRequest([
      {
        field,
        rule: 'percent_encoding',
        message: 'X-Acting-User-Name must be sent once, as percent-encoded UTF-8.',
      },
    ])
  }
  const faults = nameFaults(field, name)
  if (faults.length > 0) throw invalidRequest(faults)
  return name
}

/** Refuses bytes beyond ASCII: Node reads header bytes as Latin-1, which would alter the name. */
function decodePercent(encoded: string | string[]): string | undefined {
  if (typeof encoded !== 'string' || !/^[\x20-\x7e]*$/.test(encoded)) return undefined
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}
