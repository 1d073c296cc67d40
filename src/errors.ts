/**
 * The error codes: a closed list, one enum in OpenAPI, stable for clients. The HTTP layer chooses
 * the status of each.
 */
export const errorCodes = [
  'malformed_body',
  'invalid_request',
  'unauthenticated',
  'permission_denied',
  'escalation',
  'confirmation_required',
  'origin_refused',
  'not_found',
  'method_not_allowed',
  'name_taken',
  'id_taken',
  'in_use',
  'built_in',
  'own_role',
  'mapped_role',
  'last_admin',
  'no_provider',
  'invitation_limit',
  'invitation_ended',
  'key_revoked',
  'key_expired',
  'rotation_in_progress',
  'generation_mismatch',
  'generation_used',
  'precondition_failed',
  'precondition_required',
  'idempotency_key_reused',
  'body_too_large',
  'unsupported_media_type',
  'headers_too_large',
  'request_timeout',
  'request_rejected',
  'not_implemented',
  'http_version_not_supported',
  'unavailable',
  'overloaded',
  'outcome_unknown',
  'internal',
] as const
export type ErrorCode = (typeof errorCodes)[number]

/** The parts of a request in which a fault can be. */
export const faultPlaces = ['body', 'query', 'header'] as const
export type FaultPlace = (typeof faultPlaces)[number]

/**
 * One fault of a request: the field as a JSON pointer (RFC 6901), the rule by name, and a message
 * for people that says what to write.
 */
export interface Fault {
  /** Absent: the body. */
  readonly in?: FaultPlace
  readonly field: string
  readonly rule: string
  readonly message: string
}

/**
 * A refusal or an outage to report to the caller. The message is for people, the code for programs.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: ErrorCode
  readonly faults: readonly Fault[]

  constructor(code: ErrorCode, message: string, faults: readonly Fault[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.faults = faults
  }
}

/** An outage of which it is known how long it lasts at least. */
export class BriefOutage extends ServiceError {
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds: number) {
    super('unavailable', message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** A request that breaks rules, with all its faults at once. */
export function invalidRequest(faults: readonly Fault[]): ServiceError {
  return new ServiceError(
    'invalid_request',
    'The request is invalid: errors lists the faults.',
    faults,
  )
}

/** The error `not_found`. `what` is the noun of its message, without an article. */
export function notFound(what: string): ServiceError {
  return new ServiceError('not_found', `The ${what} does not exist.`)
}

/** A precondition of the request that does not hold (RFC 9110, section 13.1.1). */
export function changedSince(what: string): ServiceError {
  return new ServiceError(
    'precondition_failed',
    `The ${what} has changed since the ETag in If-Match was read.`,
  )
}
