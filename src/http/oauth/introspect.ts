import type { FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { Type } from 'typebox'
import { answerToCurrent, type Caller } from '../../verification/current-caller.ts'
import { verify } from '../../verification/verify.ts'
import type { ApiSettings } from '../api-settings.ts'
import type { App } from '../app-type.ts'
import { attemptParameters } from '../attempt-parameters.ts'
import type { Deps } from '../deps.ts'
import { ref } from '../schema-tools.ts'
import { admitCaller } from './caller.ts'
import { answerOAuthErrors, oauthErrorResponses, sendOAuthError } from './errors.ts'
import { parseIntrospectionRequest } from './introspection-request.ts'
import { IntrospectionBody, toIntrospection } from './introspection-response.ts'

export const introspectionPath = '/oauth2/introspect'
const formType = 'application/x-www-form-urlencoded'

declare module 'fastify' {
  interface FastifyRequest {
    introspector: Caller
  }
}

const IntrospectionForm = Type.Object(
  {
    token: Type.String({ description: 'The token as presented to the caller.' }),
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
  { $id: 'IntrospectionForm' },
)

/** Whether a path is one of this face, served or not. */
export function isIntrospectionPath(url: string): boolean {
  return /^\/oauth2\/introspect(?:[/?]|$)/.test(url)
}

export const introspectionComponents = [IntrospectionForm, IntrospectionBody]

/**
 * OAuth 2.0 token introspection (RFC 7662), with parameters of our own. For a scope with the prefix
 * `introspectionPath`: whatever is asked below that is answered in OAuth's form.
 */
export function introspectionRoute(app: App, deps: Deps, settings: ApiSettings): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(formType, { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )
  answerOAuthErrors(app)
  // Before the body is read.
  app.decorateRequest('introspector')
  const admit = async (request: FastifyRequest) => {
    request.introspector = await admitCaller(deps, request, settings.trustedProxies)
  }
  app.addHook('onRequest', admit)

  app.post(
    '',
    // The body is read by parseIntrospectionRequest: a form may repeat a field, and has texts only.
    { config: { isFrequent: true }, schema, validatorCompiler: () => () => true },
    async (request, reply) => {
      const { body } = request
      if (request.url.includes('?'))
        return refuse(reply, 'Parameters must be in the body, not in the query.')
      const read = parseIntrospectionRequest(typeof body === 'string' ? body : '')
      if (!read.ok) return refuse(reply, read.fault)
      const judge = () => verify(deps, read.token, read.attempt)
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

function refuse(reply: FastifyReply, fault: string): FastifyReply {
  return sendOAuthError(reply, 400, 'invalid_request', fault)
}
