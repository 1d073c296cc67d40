import { type IncomingMessage, METHODS, maxHeaderSize, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError } from 'fastify'
import { ServiceError } from '../errors.ts'
import { endWithProblem } from './end-with-problem.ts'
import { paceConnection } from './pacing/pace-connection.ts'
import type { Pacing } from './pacing/pacing.ts'
import { namesOtherMajorVersion, unsupportedVersion } from './request-rules.ts'

/** Answers bytes that are not an HTTP request, or that came too slowly, on the bare socket. */
export function answerUnreadableRequests(pacing: Pacing) {
  return (error: ConnectionError, socket: Socket): void => {
    if (!socket.writable) return
    const refusal = unreadable(error)
    socket.pause()
    paceConnection(pacing, socket, () => {
      endWithProblem(socket, refusal)
      // To see that the client closes.
      socket.resume()
    })
  }
}

/**
 * Answers CONNECT, the one method that Node.js does not hand over as a request: without a listener
 * it closes the connection without an answer.
 */
export function answerConnect(
  server: Server,
  pacing: Pacing,
  isBusy: (socket: Socket) => boolean,
): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    // Node.js has left the socket, and an error that nobody listens to ends the process.
    socket.on('error', () => socket.destroy())
    // The client must not take this answer for that to an earlier request.
    const isAnswered = !isBusy(socket)
    paceConnection(pacing, socket, () => {
      if (isAnswered) endWithProblem(socket, unknownMethod())
      socket.destroySoon()
    })
  })
}

function unreadable(error: ConnectionError): ServiceError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ServiceError(
        'headers_too_large',
        `The URL and the headers of the request are too large: together they may have ${maxHeaderSize} bytes.`,
      )
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ServiceError('request_timeout', 'The request was not received completely in time.')
    case 'HPE_INVALID_METHOD':
      return namesUnknownMethod(error) ? unknownMethod() : invalid()
    case 'HPE_PAUSED_H2_UPGRADE':
      return unsupportedVersion()
    case 'HPE_INVALID_URL':
      return invalid(
        endsBeyondAscii(error)
          ? 'Percent-encode what is not ASCII in the path and the query.'
          : 'The path after the method must begin with / or with http:// and a host.',
      )
    case 'HPE_INVALID_CONSTANT':
      return invalid('The first line must be a method, a path without spaces, and HTTP/1.1.')
    case 'HPE_INVALID_VERSION':
      if (namesOtherMajorVersion(startOf(error))) return unsupportedVersion()
      return invalid('The first line must end with HTTP/1.1 or HTTP/1.0, and a CRLF.')
    case 'HPE_INVALID_HEADER_TOKEN':
      return invalid(
        'A header must be a name, a colon and a value, without line breaks or other control characters.',
      )
    case 'HPE_INVALID_CONTENT_LENGTH':
    case 'HPE_UNEXPECTED_CONTENT_LENGTH':
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return invalid('Send either one Content-Length, in digits, or Transfer-Encoding: chunked.')
    case 'HPE_INVALID_CHUNK_SIZE':
    case 'HPE_CR_EXPECTED':
      return invalid(
        'A chunk of the body must be its size in hexadecimal, CRLF, its bytes and CRLF.',
      )
    default:
      return invalid()
  }
}

function invalid(remedy?: string): ServiceError {
  const message = 'The request is not valid HTTP.'
  return new ServiceError(
    'invalid_request',
    remedy === undefined ? message : `${message} ${remedy}`,
  )
}

/**
 * RFC 9110, section 9.1. The bytes of a TLS handshake, or of a body that is longer than it says,
 * are no method.
 */
function namesUnknownMethod(error: ConnectionError): boolean {
  const [, method] = /^(?:\r\n)*([\w!#$%&'*+.^`|~-]{1,64}) /.exec(startOf(error)) ?? []
  return method !== undefined && !METHODS.includes(method)
}

/** Whether the parser stopped at or behind a byte that no URL has (RFC 3986, section 2). */
function endsBeyondAscii({ bytesParsed, rawPacket }: ConnectionError): boolean {
  const bytes = rawPacket as unknown as Buffer
  return bytes.subarray(bytesParsed - 1, bytesParsed + 1).some((byte) => byte < 0x20 || byte > 0x7e)
}

/** The beginning of what the connection sent last. */
function startOf({ rawPacket }: ConnectionError): string {
  // Fastify's type of it is that of its JSON.
  return (rawPacket as unknown as Buffer).toString('latin1', 0, 4096)
}

function unknownMethod(): ServiceError {
  return new ServiceError(
    'not_implemented',
    'The service does not implement the method. Methods are written in capital letters.',
  )
}
