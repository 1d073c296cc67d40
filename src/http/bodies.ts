import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { FastifyRequest, RouteOptions } from 'fastify'
import { isRecord } from '../domain/is-record.ts'
import { pointerStep } from '../domain/json-pointer.ts'
import { maxBodyMembers, maxBodyValues, maxFaults } from '../domain/limits.ts'
import { invalidRequest, ServiceError } from '../errors.ts'
import type { App } from './app-type.ts'
import { type BodyTurns, parseInTurn } from './body-turns.ts'
import { refuseContentCoding } from './content-coding.ts'
import { describeBrokenJson } from './json/broken-json.ts'
import { hasMoreValues } from './json/count-values.ts'
import { countColons, mayRepeatMember } from './json/repeated-members.ts'
import { scanJson } from './json/scan-json.ts'
import { describeUnknownName } from './known-names.ts'
import { runFirst } from './run-first.ts'

/**
 * Accepts JSON bodies in which no object has a member twice. An empty body counts as absent,
 * whatever its Content-Type. Where all fields are optional, an absent body counts as `{}`, and so
 * does `null`, which generated clients in Go, Java and Rust send for a body that is not given.
 */
export function acceptJsonOnly(app: App, turns: BodyTurns): void {
  const parse = jsonParser(app)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body.length
    parseInTurn(turns, { request, bytes }, () => parse(request, body as Buffer, done), done)
  })
  app.addContentTypeParser('*', (request, payload, done) => parseOther(request, payload, done))
  app.addHook('onRoute', (route) => {
    // A route with a validator of its own words its own faults, and Fastify reads no body of GET.
    if (route.validatorCompiler !== undefined || readsNoBody(route)) return
    runFirst(route, 'preValidation', completionOf(app, route.schema?.body))
  })
}

function readsNoBody({ method }: Pick<RouteOptions, 'method'>): boolean {
  return [method].flat().every((name) => name === 'GET' || name === 'HEAD')
}

/** What happens to a body before it is validated, by the schema that the route has for it. */
function completionOf(app: App, schema: unknown): Complete {
  if (schema === undefined) return refuseFields
  return mayOmitBody(app, schema) ? defaultToEmptyObject : requireBody
}

type Complete = (request: FastifyRequest, reply: unknown, done: (error?: Error) => void) => void

type Done = (error: Error | null, value?: unknown) => void

function jsonParser(app: App): (request: FastifyRequest, body: Buffer, done: Done) => void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  return (request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    const refusal = refuseContentCoding(request) ?? refuseBytes(body)
    if (refusal !== undefined) return done(refusal)
    const text = body.toString()
    const colons = countColons(text)
    if (colons > maxBodyMembers) return done(tooManyMembers())
    return parseJson(request, text, (error, value) => {
      if (error === null && !mayRepeatMember(colons, value)) return done(null, value)
      // Of 260,000 open brackets, the scan would take as long as JSON.parse.
      const scanned = colons < 2 ? undefined : scanJson(text)
      if (scanned?.kind === 'duplicates') return done(duplicateMembers(scanned.pointers))
      if (error === null) return done(null, value)
      return done(malformed(describeBrokenJson(text) ?? forbiddenMember))
    })
  }
}

function refuseBytes(body: Buffer): ServiceError | undefined {
  // RFC 8259, section 8.1. Decoding would replace invalid bytes by U+FFFD, and so alter a name.
  if (!isUtf8(body)) return malformed('The body is not valid UTF-8. Send JSON in UTF-8.')
  return hasMoreValues(body, maxBodyValues) ? tooManyValues() : undefined
}

/** JSON.parse would accept such members, and code that copies them would change a prototype. */
const forbiddenMember =
  'The body must not have a member __proto__, or a member constructor with a member prototype.'

function malformed(message: string): ServiceError {
  return new ServiceError('malformed_body', message)
}

/**
 * A body of another type than JSON, or of none: absent if it is empty, as of `curl -d ''`. A body
 * in chunks shows only by its end that it is empty.
 */
function parseOther(
  request: FastifyRequest,
  payload: IncomingMessage,
  done: (error: Error | null, body?: unknown) => void,
): void {
  if (request.headers['transfer-encoding'] === undefined) {
    done(wrongBody(request))
    return
  }
  const settle = (error: Error | null) => {
    payload.off('data', onData).off('end', onEnd).off('error', onError)
    done(error, undefined)
  }
  const onData = () => settle(wrongBody(request))
  const onEnd = () => settle(null)
  // The status by which a connection that the client closed is told from an outage.
  const onError = (error: Error) => settle(Object.assign(error, { statusCode: 400 }))
  payload.on('data', onData).on('end', onEnd).on('error', onError)
}

function wrongBody(request: FastifyRequest): ServiceError {
  return refuseContentCoding(request) ?? wrongType(request)
}

function wrongType({ headers }: FastifyRequest): ServiceError {
  const given = headers['content-type']
  // A type that is none may be a token in the wrong place.
  const sent = /^[\w.+-]{1,80}\/[\w.+-]{1,80}(?=\s*(?:;|$))/.exec(given ?? '')?.[0]
  const told =
    given === undefined ? 'The Content-Type is missing.' : 'The Content-Type is not JSON.'
  return new ServiceError(
    'unsupported_media_type',
    `${sent === undefined ? told : `The body is ${sent}.`} Send JSON with Content-Type: application/json.`,
  )
}

/** Before JSON.parse: an object of 30,000 members takes 10 ms, and each walk over it as long. */
function tooManyMembers(): ServiceError {
  const message = `The body must not have more than ${maxBodyMembers} members.`
  return invalidRequest([{ field: '', rule: 'maxProperties', message }])
}

/** Before JSON.parse: 87,000 empty objects take 8 ms, and 131,000 arrays in each other 20 ms. */
function tooManyValues(): ServiceError {
  const message = `The body must not have more than ${maxBodyValues} values.`
  return invalidRequest([{ field: '', rule: 'maxItems', message }])
}

/** JSON.parse takes the last member: a reviewer, a proxy or a gateway may have read the first. */
function duplicateMembers(pointers: readonly string[]): ServiceError {
  const message = 'The member is present more than once. Send it once.'
  return invalidRequest(pointers.map((field) => ({ field, rule: 'duplicate', message })))
}

/** Whether the schema of a body, or the component that the schema refers to, requires no field. */
function mayOmitBody(app: App, schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  if ('$ref' in schema) return mayOmitBody(app, app.getSchema(String(schema.$ref).replace('#', '')))
  return !('required' in schema)
}

/** A field that an operation does not have may be one that its sender counts on. */
function refuseFields(request: FastifyRequest, _reply: unknown, done: (error?: Error) => void) {
  const { body, headers } = request
  // A route that reads a form parses it by itself.
  const isJson = /^application\/json/i.test(headers['content-type'] ?? '')
  if (!isJson || body === undefined || body === null) return done()
  if (!isRecord(body)) {
    const message = 'The operation has no body: leave it out.'
    return done(invalidRequest([{ field: '', rule: 'type', message }]))
  }
  const names = Object.keys(body).slice(0, maxFaults)
  const faults = names.map((name) => ({
    field: `/${pointerStep(name)}`,
    rule: 'unknown_field',
    message: describeUnknownName(name, [], 'field'),
  }))
  done(faults.length === 0 ? undefined : invalidRequest(faults))
}

function defaultToEmptyObject(request: FastifyRequest, _reply: unknown, done: () => void): void {
  request.body ??= {}
  done()
}

function requireBody(request: FastifyRequest, _reply: unknown, done: (error?: Error) => void) {
  if (request.body !== undefined && request.body !== null) return done()
  done(invalidRequest([{ field: '', rule: 'required', message: 'The body is missing.' }]))
}
