import { METHODS } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { KeyFacts } from '../../domain/verdict.ts'
import { answerToCurrent } from '../../verification/current-caller.ts'
import { verify } from '../../verification/verify.ts'
import type { ApiSettings } from '../api-settings.ts'
import type { App } from '../app-type.ts'
import { parseBearer } from '../bearer.ts'
import { proxiedAddressOf } from '../client-address.ts'
import type { Deps } from '../deps.ts'
import { headerLines } from '../header-lines.ts'
import { type Demand, parseDemand } from './demand.ts'
import { type Denial, denialOf, noToken } from './denial.ts'
import { proveProxy } from './prove-proxy.ts'
import { forwardAuthSchema } from './schema.ts'

const url = '/v1/forward-auth'

/** CONNECT never gets so far: Node's server has no request for it. */
const otherMethods = METHODS.filter((method) => method !== 'GET' && method !== 'CONNECT')

/**
 * Judges the token of a request that a proxy asks about. Proxies copy as much of that request as they
 * like, so every method is answered, and before anything is made of a body or its Content-Type.
 */
export function forwardAuthRoutes(app: App, deps: Deps, settings: ApiSettings): void {
  const route = {
    url,
    config: { isFrequent: true },
    onRequest: (request: FastifyRequest, reply: FastifyReply) =>
      answer(deps, settings, request, reply),
    handler: neverReached,
  }
  for (const method of otherMethods) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method)
  }
  app.route({ ...route, method: otherMethods, schema: { hide: true } })
  // In the document GET stands for all of them. HEAD is among the others.
  app.route({ ...route, method: 'GET', exposeHeadRoute: false, schema: forwardAuthSchema })
}

function neverReached(): never {
  throw new Error('onRequest has answered.')
}

async function answer(
  deps: Deps,
  { trustedProxies, forwardAuth }: ApiSettings,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  let proxy = await proveProxy(deps, request, forwardAuth.networks)
  const demand = parseDemand(request.url)
  const token = presentedToken(request, forwardAuth.tokenHeader)
  if (token === undefined) return deny(reply, noToken)
  const address = proxiedAddressOf(request, trustedProxies)
  const judge = () => verify(deps, token, { address, ...demand })
  const answering = {
    caller: () => proxy,
    admit: async () => {
      proxy = await proveProxy(deps, request, forwardAuth.networks)
    },
    judge,
  }
  const verdict = await answerToCurrent(deps, answering, await judge())
  if (verdict.valid) return allow(reply, verdict.key, demand)
  if (forwardAuth.tellsReason) reply.header('x-denial-reason', verdict.reason)
  return deny(reply, denialOf(verdict.reason, demand.permissions))
}

/** Undefined when there is none. Of several, which a proxy could understand otherwise than we do, none is taken. */
function presentedToken(request: FastifyRequest, header: string): string | undefined {
  const lines = headerLines(request.raw.rawHeaders, header)
  const value = lines.join(', ')
  if (value === '') return undefined
  if (header !== 'authorization' || lines.length > 1) return value
  return parseBearer(value)
}

/**
 * Every header is always there: one that the proxy copies over the client's own must not be missing.
 * Names are percent-encoded, since header values are ASCII.
 */
function allow(reply: FastifyReply, key: KeyFacts, demand: Demand): FastifyReply {
  return reply
    .headers({
      'cache-control': 'no-store',
      'x-key-id': key.id,
      'x-account-id': key.accountId,
      'x-key-name': encodeURIComponent(key.name),
      'x-key-role': encodeURIComponent(key.role.name),
      'x-key-permissions': demand.permissions.join(' '),
    })
    .send()
}

/** Without a body: nginx reads none of an answer to auth_request, and would give up the connection. */
function deny(reply: FastifyReply, { status, challenge }: Denial): FastifyReply {
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', 'www-authenticate': challenge })
    .send()
}
