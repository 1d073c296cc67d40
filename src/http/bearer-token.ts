import type { FastifyRequest } from 'fastify'
import { parseBearer } from '../domain/token/bearer.ts'
import { ServiceError } from '../errors.ts'
import { countHeader } from './header-lines.ts'

/**
 * The token of a request. By RFC 6750, section 2.1, the Authorization header is the only place for
 * a token, and must be present once. Throws `unauthenticated`.
 */
export function bearerToken(request: FastifyRequest): string {
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
