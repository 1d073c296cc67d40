import { STATUS_CODES } from 'node:http'
import type { FastifyError } from 'fastify'
import { type ErrorCode, ServiceError } from '../errors.ts'

/** A client error with a status of its own, such as those of Fastify and of plugins. */
export class ForeseenError extends ServiceError {
  readonly status: number

  constructor(status: number, message = `The request is rejected: ${titleOf(status)}.`) {
    super(codes.get(status) ?? 'request_rejected', message)
    this.status = status
  }
}

/**
 * The error with the status that Fastify or a plugin chose, if that is a client error. Its message
 * is not passed on: it may quote the request or name a file.
 */
export function toForeseenError({ statusCode }: FastifyError): ForeseenError | undefined {
  const isClientError = statusCode !== undefined && statusCode >= 400 && statusCode < 500
  return isClientError && Number.isInteger(statusCode) ? new ForeseenError(statusCode) : undefined
}

/** The status of every other error follows from its code; these codes have these statuses. */
const codes: ReadonlyMap<number, ErrorCode> = new Map([
  [400, 'invalid_request'],
  [401, 'unauthenticated'],
  [403, 'permission_denied'],
  [404, 'not_found'],
  [405, 'method_not_allowed'],
  [408, 'request_timeout'],
  [412, 'precondition_failed'],
  [413, 'body_too_large'],
  [415, 'unsupported_media_type'],
  [428, 'precondition_required'],
  [431, 'headers_too_large'],
])

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Client Error'
}
