import type { FastifyError, FastifyRequest } from 'fastify'

/**
 * Whether a connection was closed before its request was complete, by the client or, for a reason
 * that it noted, by the service (closed-by-service.ts). The error is that of a socket (ECONNRESET),
 * as a lost database connection has it; what differs is where it happens: Fastify gives a status to
 * what fails while it reads a body, and the request is then incomplete.
 */
export function isCutOff(error: FastifyError, { raw }: FastifyRequest): boolean {
  return error.statusCode === 400 && raw.destroyed && !raw.complete
}
