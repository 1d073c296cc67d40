import type { FastifyError, FastifyRequest } from 'fastify'
import { ServiceError } from '../errors.ts'
import { isOutcomeUnknown, isReadOnlyDatabase, isUnavailable } from '../verification/outage.ts'
import { closingReasonOf } from './closed-by-service.ts'
import { toForeseenError } from './foreseen-error.ts'
import { faultsOfValidation } from './validation-faults.ts'

/** The error that a caller gets. An unexpected error is logged in full and becomes `internal`. */
export function toServiceError(error: FastifyError, request: FastifyRequest): ServiceError {
  if (error instanceof ServiceError) return error
  if (error.validation !== undefined) {
    const faults = faultsOfValidation(error.validation, error.validationContext)
    return new ServiceError(
      'invalid_request',
      'The request is invalid: errors lists the faults.',
      faults,
    )
  }
  if (isOutcomeUnknown(error)) {
    request.log.error(
      { err: error },
      'the database did not confirm the commit: the outcome of the request is unknown',
    )
    return new ServiceError(
      'outcome_unknown',
      'The database did not confirm the commit: the change may or may not have been committed. Read the resource before repeating the request.',
    )
  }
  if (isCutOff(error, request)) {
    logCutOff(request)
    return new ServiceError('malformed_body', 'The body of the request is incomplete.')
  }
  if (isUnavailable(error)) {
    request.log.error({ err: error }, 'the database is unavailable')
    const why = isReadOnlyDatabase(error)
      ? 'The database accepts no writes: it is a standby or read-only.'
      : 'The database is unavailable.'
    return new ServiceError('unavailable', why)
  }
  return fromFastify(error, request) ?? unexpected(error, request)
}

function logCutOff({ server, log }: FastifyRequest): void {
  const reason = closingReasonOf(server.server)
  if (reason === undefined) {
    log.info({}, 'the client closed the connection before the request was complete')
  } else {
    log.info({ reason }, 'the service closed the connection before the request was complete')
  }
}

/** Errors of Fastify itself. Their messages are not passed on, because they may quote the body. */
function fromFastify(error: FastifyError, request: FastifyRequest): ServiceError | undefined {
  switch (error.statusCode) {
    case 400:
      if (!isOfBody(error)) return toForeseenError(error)
      return new ServiceError('malformed_body', 'The body cannot be parsed as JSON.')
    case 413:
      return new ServiceError(
        'body_too_large',
        `The body is larger than the limit of the operation, ${request.routeOptions.bodyLimit} bytes.`,
      )
    case 415:
      return new ServiceError(
        'unsupported_media_type',
        'The content type must be application/json.',
      )
    case 503:
      return new ServiceError('unavailable', 'The service is shutting down.')
    default:
      return toForeseenError(error)
  }
}

/** JSON.parse throws SyntaxError; `FST_ERR_CTP` begins the codes of content type parsers. */
function isOfBody({ name, code }: FastifyError): boolean {
  return name === 'SyntaxError' || code?.startsWith('FST_ERR_CTP_') === true
}

function unexpected(error: FastifyError, request: FastifyRequest): ServiceError {
  request.log.error({ err: error }, 'unexpected error')
  return new ServiceError(
    'internal',
    'Internal error. Quote the request id when reporting the error.',
  )
}

/**
 * Whether a connection was closed before its request was complete, by the client or, for a reason
 * that it noted, by the service (closed-by-service.ts). The error is that of a socket (ECONNRESET),
 * as a lost database connection has it; what differs is where it happens: Fastify gives a status to
 * what fails while it reads a body, and the request is then incomplete.
 */
export function isCutOff(error: FastifyError, { raw }: FastifyRequest): boolean {
  return error.statusCode === 400 && raw.destroyed && !raw.complete
}
