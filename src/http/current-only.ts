import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { ServiceError } from '../errors.ts'
import { answerToCurrent, isCurrent } from '../verification/current-caller.ts'
import type { App } from './app-type.ts'
import type { Deps } from './deps.ts'
import { toServiceError } from './problem.ts'

/** Makes a reply that of an error, in the form of its face, and gives the body. */
export type WriteError = (
  request: FastifyRequest,
  reply: FastifyReply,
  error: ServiceError,
) => string

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a route that answers with verdicts: judges once more what the request, validated, asks. */
    readonly judge?: (request: FastifyRequest) => unknown
  }
}

/**
 * The last step before any answer of a scope: it goes to a caller that would be let in now, whatever
 * the request has waited for; to any other goes 401 or 403, and nothing of what was to be told. `admit`
 * lets a request in as it did before its body was read. Where no change was applied this costs one
 * comparison and a look at the lease.
 */
export function answerToCurrentOnly(
  app: App,
  deps: Deps,
  admit: (request: FastifyRequest) => Promise<void> | undefined,
  writeError: WriteError,
): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (tellsNothing(request, reply) || isCurrent(deps, request.principal)) {
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
 * Whether an answer may go to whoever sent the request: one that is let in nowhere, an outage, or what
 * its own transaction committed. That has judged its author again under a lock, and comes before the
 * revocation in the order of commits: to keep it back would hide an act that was done, as when a key
 * revokes or rotates itself.
 */
function tellsNothing({ principal }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  if (principal === undefined || statusCode >= 500) return true
  return principal.authorityRenewed && statusCode < 400
}

/** An ETag and the like tell of what is not to be told. */
function dropHeaders(reply: FastifyReply): void {
  for (const name of Object.keys(reply.getHeaders())) {
    if (name !== 'x-request-id') reply.removeHeader(name)
  }
}
