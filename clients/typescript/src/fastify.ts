import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { authenticate, checkRequirement, type Requirement } from './authenticate.ts'
import type { ValidVerdict } from './verdict.ts'
import type { TokenVerifier } from './verifier-types.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes an `onRequest` hook that admits requests with a valid API key. */
    requireApiKey(requirement?: Requirement<FastifyRequest>): OnRequest
  }
  interface FastifyRequest {
    /** The verdict on the key of the request; null on a route that requires none. */
    apiKey: ValidVerdict | null
  }
}

type OnRequest = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>

/**
 * A Fastify plugin: decorates the instance with `requireApiKey`, and requests with `apiKey`. It
 * applies to the instance that registers it, not only to an encapsulated one.
 */
export const apiKeys = Object.assign(
  async function apiKeys(
    app: FastifyInstance,
    { verifier }: { readonly verifier: TokenVerifier },
  ): Promise<void> {
    app.decorateRequest('apiKey', null)
    app.decorate('requireApiKey', (requirement = {}) => {
      checkRequirement(requirement)
      return async (request, reply) => {
        const raw = { raw: request.raw, address: request.ip }
        const outcome = await authenticate(verifier, requirement, request, raw)
        if (!outcome.isAdmitted) {
          const { status, headers, body } = outcome.refusal
          return reply.code(status).headers(headers).send(body)
        }
        request.apiKey = outcome.verdict
        return undefined
      }
    })
  },
  { [Symbol.for('skip-override')]: true },
)
