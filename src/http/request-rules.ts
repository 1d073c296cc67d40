import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { invalidRequest, ServiceError } from '../errors.ts'
import type { App } from './app-type.ts'
import { faultOfExpectation } from './expectations.ts'
import { countHeader } from './header-lines.ts'

/**
 * Applies the rules of HTTP that node:http does not apply, or would apply by answers of its own,
 * which have neither our headers nor a problem: its option `requireHostHeader` is off.
 */
export function applyRequestRules(app: App): void {
  const hosts = new HostRule()
  app.addHook('onRequest', (request, reply, done) => {
    const fault =
      faultOfVersion(request) ??
      hosts.faultOf(request) ??
      faultOfFraming(request.raw.headers) ??
      faultOfExpectation(request.raw.headers)
    if (fault === undefined) return done()
    // Where the body of such a request ends is a guess (RFC 9112, section 11.2).
    reply.header('connection', 'close')
    done(fault)
  })
}

/** node:http reads a first line with HTTP/2.0 or HTTP/0.9 as if it were one of HTTP/1.1. */
function faultOfVersion({ raw }: FastifyRequest): ServiceError | undefined {
  return raw.httpVersionMajor === 1 ? undefined : unsupportedVersion()
}

/** RFC 3986, section 3.2.2, without a comma: a proxy may have joined several lines by one. */
const hostPattern = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()*+;=-]|%[\da-f]{2})+)(?::\d*)?$/i

/** RFC 9112, section 3.2: exactly one valid Host header, except in HTTP/1.0. */
class HostRule {
  /** Most callers name one host: comparing is faster than the pattern. */
  #valid = ''

  faultOf({ raw }: FastifyRequest): ServiceError | undefined {
    const { host } = raw.headers
    if (host === undefined) {
      return raw.httpVersion === '1.1' ? hostFault('The request has no Host header.') : undefined
    }
    if (countHeader(raw.rawHeaders, 'host') > 1) {
      return hostFault('The request has more than one Host header. Send one.')
    }
    if (host === this.#valid) return undefined
    if (!hostPattern.test(host)) {
      return hostFault('The Host header must be a host name or an address, and may have a port.')
    }
    this.#valid = host
    return undefined
  }
}

function hostFault(message: string): ServiceError {
  return invalidRequest([{ in: 'header', field: '/host', rule: 'host', message }])
}

/** A transfer coding that is not understood is 501 (RFC 9112, section 6.1). */
function faultOfFraming(headers: IncomingHttpHeaders): ServiceError | undefined {
  const length = headers['content-length']
  if (length !== undefined && !/^0+$/.test(length)) return undefined
  const codings = headers['transfer-encoding']
  if (codings === undefined) {
    // An empty body is absent: a type that it has nevertheless describes nothing.
    delete headers['content-type']
    // Fastify knows no other spelling of the length.
    if (length !== undefined) headers['content-length'] = '0'
    return undefined
  }
  // The parser of node:http answers 400 if chunked is not the last coding (section 6.3).
  const [last, ...others] = codings.toLowerCase().split(',').map(trim).filter(Boolean).reverse()
  if (last === 'chunked' && others.length > 0) {
    return new ServiceError(
      'not_implemented',
      'The service understands only the Transfer-Encoding chunked. Send the body without another.',
    )
  }
  if (!hasMediaType(headers)) headers['content-type'] = 'application/octet-stream'
  return undefined
}

function trim(text: string): string {
  return text.trim()
}

/** Fastify refuses a type that is none before anybody knows whether the body is empty. */
function hasMediaType({ 'content-type': type }: IncomingHttpHeaders): boolean {
  return type === undefined || /^[^\s/;]+\/[^\s/;]+/.test(type)
}

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
