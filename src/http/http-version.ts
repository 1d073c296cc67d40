import { ServiceError } from '../errors.ts'

/** The answer to another major version of HTTP than 1 (RFC 9110, section 15.6.6). */
export function unsupportedVersion(): ServiceError {
  return new ServiceError(
    'http_version_not_supported',
    'The service speaks HTTP/1.1 and HTTP/1.0. Send HTTP/1.1.',
  )
}

/** Whether the first line of a request ends with another major version of HTTP than 1. */
export function namesOtherMajorVersion(start: string): boolean {
  return /^(?:\r\n)*[^\r\n]* HTTP\/[02-9]\.\d\r?\n/.test(start)
}
