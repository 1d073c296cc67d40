import type { OpenAPIV3_1 } from 'openapi-types'
import { maxActorIdLength, maxRequestIdLength } from '../domain/limits.ts'
import { denialReasons } from '../domain/verdict.ts'

type Document = OpenAPIV3_1.Document
type Operation = OpenAPIV3_1.OperationObject

const headers: Record<string, OpenAPIV3_1.HeaderObject> = {
  'X-Request-Id': {
    description: `Id of the request, also written to the log. A client may send an id of 1 to ${maxRequestIdLength} letters, digits and hyphens.`,
    schema: { type: 'string' },
  },
  'Retry-After': {
    description: 'Seconds to wait before the next attempt.',
    schema: { type: 'integer' },
  },
  ETag: {
    description: 'Entity tag of the key. Send the ETag in If-Match to update the key.',
    schema: { type: 'string' },
  },
  'Idempotent-Replayed': {
    description:
      '`true`: an earlier, equal request with this Idempotency-Key already performed the operation.',
    schema: { type: 'string' },
  },
  'WWW-Authenticate': {
    description: 'Authentication challenge (RFC 6750, section 3).',
    schema: { type: 'string' },
  },
  'X-Denial-Reason': {
    description: 'Reason for the denial. Sent only if `FORWARD_AUTH_REASON` is `tell`.',
    schema: { type: 'string', enum: [...denialReasons] },
  },
}

const actingUser: OpenAPIV3_1.ParameterObject[] = [
  {
    name: 'X-Acting-User',
    in: 'header',
    description:
      'Id of the user on whose behalf the caller acts. Requires the `account:act_as` permission.',
    schema: { type: 'string', minLength: 1, maxLength: maxActorIdLength },
  },
  {
    name: 'X-Acting-User-Name',
    in: 'header',
    description: 'Name of the acting user, percent-encoded UTF-8.',
    schema: { type: 'string' },
  },
]

const answersWithOneKey = new Set([
  'ApiKeyAnswer',
  'IssuedApiKey',
  'ChangedApiKey',
  'RotatedApiKey',
  'Me',
])

/** Adds what the schemas of routes do not hold: headers, and that some bodies may be absent. */
export function addDetails(document: Document): Document {
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const operation = item?.[method]
      if (operation === undefined) continue
      addResponseHeaders(operation, path)
      relaxBody(document, operation)
      const acts =
        method !== 'get' && path.startsWith('/v1/') && !/^\/v1\/verify|\/explain$/.test(path)
      if (acts) operation.parameters = [...(operation.parameters ?? []), ...actingUser]
    }
  }
  return document
}

function addResponseHeaders(operation: Operation, path: string): void {
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    const names = ['X-Request-Id']
    if (status === '503') names.push('Retry-After')
    if (status === '401') names.push('WWW-Authenticate')
    if (answersOneKey(response)) names.push('ETag')
    if (status === '201' && operation.responses?.['422']) names.push('Idempotent-Replayed')
    if (path === '/v1/forward-auth' && status === '403') names.push('WWW-Authenticate')
    if (path === '/v1/forward-auth' && /^40[13]$/.test(status)) names.push('X-Denial-Reason')
    const added = Object.fromEntries(names.map((name) => [name, headers[name]]))
    Object.assign(response, {
      headers: { ...('headers' in response && response.headers), ...added },
    })
  }
}

/** Whether a response is one of the components that hold one key. */
function answersOneKey(
  response: OpenAPIV3_1.ResponseObject | OpenAPIV3_1.ReferenceObject,
): boolean {
  if (!('content' in response)) return false
  const schema = response.content?.['application/json']?.schema
  if (schema === undefined || !('$ref' in schema)) return false
  return answersWithOneKey.has(schema.$ref?.split('/').at(-1) ?? '')
}

/** @fastify/swagger marks every body as required. */
function relaxBody(document: Document, operation: Operation): void {
  const body = operation.requestBody
  if (body === undefined || '$ref' in body) return
  const schema = body.content['application/json']?.schema
  if (schema === undefined) return
  const name = '$ref' in schema ? schema.$ref?.split('/').at(-1) : undefined
  const component = name === undefined ? schema : document.components?.schemas?.[name]
  if (component !== undefined && !('required' in component)) body.required = false
}
