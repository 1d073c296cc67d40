import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { ServiceError } from '../errors.ts'
import { answerToCurrent, isCurrent } from '../verification/current-caller.ts'
import type { App } from './app-type.ts'
import type { VerdictDeps } from './deps.ts'
import { toServiceError } from './service-error.ts'

/** Sets the status and headers of an error, in the form of an API, and returns the body. */
export type WriteError = (
  request: FastifyRequest,
  reply: FastifyReply,
  error: ServiceError,
) => string

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Computes the verdicts of a validated request again. Only routes that answer verdicts have it.
     */
    readonly judge?: (request: FastifyRequest) => unknown
  }
}

/**
 * Checks the caller again before any answer of a scope is sent. A caller that lost its rights while
 * the request waited gets 401 or 403 in place of the answer. `admit` authenticates the request as
 * it did before the body was read. If no change was applied meanwhile, the check costs one
 * comparison and a look at the lease.
 */
export function answerToCurrentOnly(
  app: App,
  deps: VerdictDeps,
  admit: (request: FastifyRequest) => Promise<void> | undefined,
  writeError: WriteError,
): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (mayAlwaysBeSent(request, reply) || isCurrent(deps, request.principal)) {
      return done(null, payload)
    }
    const { judge } = request.routeOptions.config
    const answering = {
      caller: () => request.principal,
      admit: () => admit(request),
      judge: judge && reply.statusCode === 200 ? () => judge(request) : undefined,
    }
    answerToCurrent(deps, answering, payload).then(
      (answer) => done(null, answer),
      (refusal: FastifyError) => {
        dropHeaders(reply)
        done(null, writeError(request, reply, toServiceError(refusal, request)))
      },
    )
  })
}

/**
 * Whether an answer may be sent without a new check of the caller: an answer to an unauthenticated
 * request, an outage, or the result of an act. The act renewed the authority of its author under a
 * lock, and its commit precedes the revocation. Withholding the result would hide a committed act,
 * as when a key revokes or rotates itself.
 */
function mayAlwaysBeSent({ principal }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  if (principal === undefined || statusCode >= 500) return true
  return principal.authorityRenewed && statusCode < 400
}

/** The ETag and other headers describe the answer that is withheld. */
function dropHeaders(reply: FastifyReply): void {
  for (const name of Object.keys(reply.getHeaders())) {
    if (name !== 'x-request-id') reply.removeHeader(name)
  }
}
