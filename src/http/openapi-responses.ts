import { isDeepStrictEqual } from 'node:util'
import type { OpenAPIV3_1 } from 'openapi-types'
import { maxRequestIdLength } from '../domain/limits.ts'
import { denialReasons } from '../domain/verdict.ts'

type Document = OpenAPIV3_1.Document
type Operation = OpenAPIV3_1.OperationObject
type Response = OpenAPIV3_1.ResponseObject

const headers = {
  'X-Request-Id': {
    description: `Id of the request, also written to the log. A client may send an id of 1 to ${maxRequestIdLength} ASCII letters, digits and hyphens in a header of the same name. Any other id is replaced.`,
    schema: { type: 'string', pattern: `^[A-Za-z0-9-]{1,${maxRequestIdLength}}$` },
  },
  'Retry-After': {
    description: 'Seconds to wait before the next attempt.',
    schema: { type: 'integer' },
  },
  ETag: {
    description:
      'Entity tag of the answer, for If-None-Match. Send that of a key, a role or an allow list in If-Match to update it.',
    schema: { type: 'string' },
  },
  Location: {
    description: 'Path of the resource: that of the key if a token was issued.',
    schema: { type: 'string' },
  },
  'Idempotent-Replayed': {
    description:
      '`true`: an earlier, equal request with this Idempotency-Key already performed the operation.',
    schema: { type: 'string' },
  },
  'WWW-Authenticate': {
    description:
      'Authentication challenge (RFC 6750, section 3). With 403: only if the key lacks a permission.',
    schema: { type: 'string' },
  },
  'X-Denial-Reason': {
    description: 'Reason for the denial. Sent only if `FORWARD_AUTH_REASON` is `tell`.',
    schema: { type: 'string', 'x-extensible-enum': [...denialReasons] },
  },
} satisfies Record<string, object>

type HeaderName = keyof typeof headers

const names: Readonly<Record<string, string>> = {
  304: 'NotModified',
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'ContentTooLarge',
  415: 'UnsupportedMediaType',
  422: 'IdempotencyKeyReused',
  428: 'PreconditionRequired',
  500: 'InternalError',
  503: 'Unavailable',
  default: 'UnexpectedProblem',
}

const answersWithOneKey = new Set([
  'ApiKeyAnswer',
  'IssuedApiKey',
  'ChangedApiKey',
  'RotatedApiKey',
  'Me',
])

/**
 * Adds the headers and the default response to the responses of an operation. The default is what
 * the connection answers before an operation is found, such as 408 or 431, and what a later version
 * may answer.
 */
export function completeResponses(operation: Operation, path: string): void {
  const responses = operation.responses ?? {}
  responses.default = unexpected(path)
  for (const [status, response] of Object.entries(responses)) {
    if ('$ref' in response) continue
    const added = headersOf(status, response as Response, operation, path)
    const references = added.map((name) => [name, { $ref: `#/components/headers/${name}` }])
    response.headers = { ...response.headers, ...Object.fromEntries(references) }
  }
  operation.responses = responses
}

function headersOf(
  status: string,
  response: Response,
  operation: Operation,
  path: string,
): HeaderName[] {
  const added: HeaderName[] = ['X-Request-Id']
  if (status === '503') added.push('Retry-After')
  if (/^40[13]$/.test(status)) added.push('WWW-Authenticate')
  const isRead = operation.responses?.['304'] !== undefined && /^[23]/.test(status)
  if (isRead || answersOneKey(response)) added.push('ETag')
  if (status === '201') added.push('Location')
  if (status === '201' && operation.responses?.['422']) added.push('Idempotent-Replayed')
  if (path === '/v1/forward-auth' && /^40[13]$/.test(status)) added.push('X-Denial-Reason')
  return added
}

/** Whether a response is one of the components that hold one key. */
function answersOneKey(response: Response): boolean {
  const schema = response.content?.['application/json']?.schema
  if (schema === undefined || !('$ref' in schema)) return false
  return answersWithOneKey.has(schema.$ref?.split('/').at(-1) ?? '')
}

function unexpected(path: string): Response {
  const problem = { schema: { $ref: '#/components/schemas/Problem' } }
  const oauthError = { schema: { $ref: '#/components/schemas/OAuthError' } }
  return {
    description:
      'Any other error, such as 405, 408 or 431. A proxy in front of the service may answer in a form of its own, such as 502.',
    content: {
      ...(path.startsWith('/oauth2/') && { 'application/json': oauthError }),
      'application/problem+json': problem,
    },
  }
}

/** Moves the responses and headers that operations share into components. */
export function shareResponses(document: Document, operations: readonly Operation[]): void {
  const shared: Record<string, Response> = {}
  for (const [status, name] of Object.entries(names)) {
    const response = mostFrequent(operations.map(({ responses }) => responses?.[status]))
    if (response === undefined) continue
    shared[name] = response
    for (const { responses } of operations) {
      if (responses === undefined || !isDeepStrictEqual(responses[status], response)) continue
      responses[status] = { $ref: `#/components/responses/${name}` }
    }
  }
  document.components = {
    ...document.components,
    responses: shared,
    headers: headers as Record<string, OpenAPIV3_1.HeaderObject>,
  }
}

/** OAuth's errors and those of proxies stay where they are: few operations have them. */
function mostFrequent(responses: readonly unknown[]): Response | undefined {
  const groups = Map.groupBy(
    responses.filter((response) => response !== undefined),
    (response) => JSON.stringify(response),
  )
  const [largest] = [...groups.values()].toSorted((a, b) => b.length - a.length)
  return largest?.[0] as Response | undefined
}
