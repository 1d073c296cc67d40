import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { ServiceError } from '../errors.ts'
import { ForeseenError } from './foreseen-error.ts'

/** `Expect` is a list, whose empty elements say nothing (RFC 9110, sections 5.6.1.2, 10.1.1). */
export function faultOfExpectation({ expect }: IncomingHttpHeaders): ServiceError | undefined {
  if (expect === undefined) return undefined
  if (expect.split(',').every((one) => /^\s*(?:100-continue)?\s*$/i.test(one))) return undefined
  return new ForeseenError(
    417,
    'The service meets only the expectation 100-continue. Send the request without another one in Expect.',
  )
}

/**
 * Meets the expectation 100-continue when the body is read for the first time: a request that its
 * method, target and header fields decide gets its final answer without a 100 (RFC 9110, section
 * 10.1.1). Node.js closes the connection after such an answer, because the body may follow or not.
 */
export function continueAtFirstRead(request: IncomingMessage, response: ServerResponse): void {
  if (!mayHaveBody(request.headers)) {
    // Nothing follows the header: Node.js need not close the connection.
    Object.assign(response, { _expect_continue: false })
    return
  }
  const read = request._read
  request._read = (size) => {
    request._read = read
    // After the answer Node.js reads what is left of a body.
    if (!response.headersSent) response.writeContinue()
    read.call(request, size)
  }
}

function mayHaveBody(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'] ?? '0'
  return headers['transfer-encoding'] !== undefined || Number(length) !== 0
}
