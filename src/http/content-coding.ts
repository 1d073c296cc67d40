import type { FastifyRequest } from 'fastify'
import { ServiceError } from '../errors.ts'

/** The error for a body with a Content-Encoding (RFC 9110, section 15.5.16): none is decoded. */
export function refuseContentCoding({ headers }: FastifyRequest): ServiceError | undefined {
  const codings = headers['content-encoding']
  if (codings === undefined) return undefined
  // RFC 9110, sections 5.6.1.2 and 8.4.1: empty elements say nothing, and identity changes nothing.
  const isPlain = codings.split(',').every((coding) => /^\s*(?:identity)?\s*$/i.test(coding))
  if (isPlain) return undefined
  return new ServiceError(
    'unsupported_media_type',
    'The service decodes no Content-Encoding. Send the body as it is, without Content-Encoding.',
  )
}
