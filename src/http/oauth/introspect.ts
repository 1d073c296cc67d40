import type { FastifyRequest, FastifySchema } from 'fastify'
import { Type } from 'typebox'
import { maxIntrospectionBytes } from '../../domain/limits.ts'
import { answerToCurrent, type KeyCaller } from '../../verification/current-caller.ts'
import type { VerdictSettings } from '../api-settings.ts'
import type { App } from '../app-type.ts'
import { attemptParameters } from '../attempt-parameters.ts'
import type { VerdictDeps } from '../deps.ts'
import { pathOf } from '../request-path.ts'
import { ref } from '../schema-tools.ts'
import { admitCaller } from './caller.ts'
import { answerOAuthErrors, oauthErrorResponses, refuseRequest } from './errors.ts'
import { acceptForms, formType } from './forms.ts'
import { parseIntrospectionRequest } from './introspection-request.ts'
import { IntrospectionBody, toIntrospection } from './introspection-response.ts'

export const introspectionPath = '/oauth2/introspect'

declare module 'fastify' {
  interface FastifyRequest {
    introspector: KeyCaller
  }
}

const IntrospectionForm = Type.Object(
  {
    token: Type.String({
      minLength: 1,
      description: 'The token as presented to the caller.',
      examples: ['aeon_...'],
    }),
    token_type_hint: Type.Optional(Type.String({ description: 'Ignored.' })),
    client_ip: Type.Optional(
      Type.String({
        description:
          'Address of the client that presented the token. If absent, a key restricted by allow lists is inactive.',
        examples: ['203.0.113.7'],
      }),
    ),
    ...attemptParameters,
  },
  {
    $id: 'IntrospectionForm',
    description: 'A token to introspect, and what it is used for.',
    examples: [{ token: 'aeon_...', client_ip: '203.0.113.7', permission: ['cluster:read'] }],
  },
)

/** Whether a path belongs to introspection, with or without a route. */
export function isIntrospectionPath(url: string): boolean {
  return /^\/oauth2\/introspect(?:\/|$)/.test(pathOf(url))
}

export const introspectionComponents = [IntrospectionForm, IntrospectionBody]

/**
 * OAuth 2.0 token introspection (RFC 7662), with extension parameters. The scope has the prefix
 * `introspectionPath`, and every error below the prefix is in OAuth's form.
 */
export function introspectionRoute(app: App, deps: VerdictDeps, settings: VerdictSettings): void {
  acceptForms(app, deps.turns)
  answerOAuthErrors(app)
  app.decorateRequest('introspector')
  const admit = async (request: FastifyRequest) => {
    request.introspector = await admitCaller(deps, request, settings.trustedProxies)
  }
  // The caller is authenticated before the body is read.
  if (settings.callersNeedKeys) app.addHook('onRequest', admit)

  app.post(
    '',
    // parseIntrospectionRequest validates the body: a form may repeat a field.
    {
      config: { isFrequent: true },
      bodyLimit: maxIntrospectionBytes,
      schema,
      validatorCompiler: () => () => true,
    },
    async (request, reply) => {
      const { body } = request
      if (request.url.includes('?'))
        return refuseRequest(reply, 'Parameters must be in the body, not in the query.')
      const parsed = parseIntrospectionRequest(typeof body === 'string' ? body : '')
      if (!parsed.ok) return refuseRequest(reply, parsed.fault)
      const judge = () => deps.verdicts.verify(parsed.token, parsed.attempt)
      const answering = { caller: () => request.introspector, admit: () => admit(request), judge }
      const verdict = await answerToCurrent(deps, answering, await judge())
      return reply
        .header('cache-control', 'no-store')
        .send(toIntrospection(verdict, settings.publicUrl))
    },
  )
}

const schema: FastifySchema = {
  operationId: 'introspectToken',
  tags: ['OAuth'],
  summary: 'Introspect a token',
  description:
    'Token introspection (RFC 7662). The caller authenticates with a bearer token, or with a key id and its token as HTTP Basic, and needs the `api_key:verify` permission. 401 concerns the caller, never the introspected token.',
  security: [{ bearer: [] }, { basic: [] }],
  consumes: [formType],
  body: ref(IntrospectionForm),
  response: { 200: ref(IntrospectionBody), ...oauthErrorResponses },
}
