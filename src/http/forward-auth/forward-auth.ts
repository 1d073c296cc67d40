import { METHODS } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Challenge, challengeOf, challengeWithoutToken } from '../../domain/challenge.ts'
import { parseBearer } from '../../domain/token/bearer.ts'
import type { KeyFacts } from '../../domain/verdict.ts'
import { answerToCurrent } from '../../verification/current-caller.ts'
import type { VerdictSettings } from '../api-settings.ts'
import type { App } from '../app-type.ts'
import type { VerdictDeps } from '../deps.ts'
import { headerLines } from '../header-lines.ts'
import { proxiedAddressOf } from '../request-address.ts'
import { proveProxy } from './prove-proxy.ts'
import { parseRequirements, type Requirements } from './requirements.ts'
import { forwardAuthSchema } from './schema.ts'

const url = '/v1/forward-auth'
const realm = 'aeon-keys'

/** Node's server hands CONNECT to no request handler. */
const otherMethods = METHODS.filter((method) => method !== 'GET' && method !== 'CONNECT')

/**
 * Verifies the token of a request that a proxy asks about. Proxies copy various parts of that
 * request, so the route answers every method, before it looks at a body or a Content-Type.
 */
export function forwardAuthRoutes(app: App, deps: VerdictDeps, settings: VerdictSettings): void {
  const route = {
    url,
    config: { isFrequent: true, answersForOthers: true },
    onRequest: (request: FastifyRequest, reply: FastifyReply) =>
      answer(deps, settings, request, reply),
    handler: neverReached,
  }
  for (const method of otherMethods) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method)
  }
  app.route({ ...route, method: otherMethods, schema: { hide: true } })
  // The OpenAPI document shows GET for all methods. The other methods include HEAD.
  app.route({ ...route, method: 'GET', exposeHeadRoute: false, schema: forwardAuthSchema })
}

function neverReached(): never {
  throw new Error('onRequest has answered.')
}

async function answer(
  deps: VerdictDeps,
  { trustedProxies, forwardAuth, callersNeedKeys }: VerdictSettings,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const admit = async () =>
    callersNeedKeys ? proveProxy(deps, request, forwardAuth.networks) : undefined
  let proxy = await admit()
  const requirements = parseRequirements(request.url)
  const token = presentedToken(request, forwardAuth.tokenHeader)
  if (token === undefined) return deny(reply, challengeWithoutToken(realm))
  const address = proxiedAddressOf(request, trustedProxies)
  const judge = () => deps.verdicts.verify(token, { address, ...requirements })
  const answering = {
    caller: () => proxy,
    admit: async () => {
      proxy = await admit()
    },
    judge,
  }
  const verdict = await answerToCurrent(deps, answering, await judge())
  if (verdict.valid) return allow(reply, verdict.key, requirements)
  if (forwardAuth.tellsReason) reply.header('x-denial-reason', verdict.reason)
  return deny(reply, challengeOf(verdict.reason, requirements.permissions, realm))
}

/** Undefined if there is no token, or more than one: a proxy may forward another one of them. */
function presentedToken(request: FastifyRequest, header: string): string | undefined {
  const lines = headerLines(request.raw.rawHeaders, header)
  const value = lines.join(', ')
  if (value === '') return undefined
  if (header !== 'authorization' || lines.length > 1) return value
  return parseBearer(value)
}

/**
 * Sets every header on every answer: a proxy copies the headers over those of the client, and a
 * missing one would leave the client's. Names are percent-encoded, since header values are ASCII.
 */
function allow(reply: FastifyReply, key: KeyFacts, requirements: Requirements): FastifyReply {
  return reply
    .headers({
      'cache-control': 'no-store',
      'x-key-id': key.id,
      'x-account-id': key.accountId,
      'x-key-name': encodeURIComponent(key.name),
      'x-key-role': encodeURIComponent(key.role.name),
      'x-key-permissions': requirements.permissions.join(' '),
    })
    .send()
}

/** Sends no body: nginx reads no body of an auth_request answer, and would close the connection. */
function deny(reply: FastifyReply, { status, challenge }: Challenge): FastifyReply {
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', 'www-authenticate': challenge })
    .send()
}
