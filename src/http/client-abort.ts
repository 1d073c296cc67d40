import type { FastifyError, FastifyRequest } from 'fastify'

/**
 * Whether the client closed or reset its connection before its request was complete. The error is
 * that of a socket (ECONNRESET), as a lost database connection has it; what differs is where it
 * happens: Fastify gives a status to what fails while it reads a body, and the request is then
 * incomplete.
 */
export function isClientAbort(error: FastifyError, { raw }: FastifyRequest): boolean {
  return error.statusCode === 400 && raw.destroyed && !raw.complete
}
