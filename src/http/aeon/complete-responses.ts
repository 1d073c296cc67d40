import type { OpenAPIV3_1 } from 'openapi-types'
import type { OpenApiDocument } from '../openapi-components.ts'

type Responses = OpenAPIV3_1.ResponsesObject

const content = { 'application/json': { schema: { $ref: '#/components/schemas/ApiError' } } }

/** Of each GET (docs/decisions/0025-two-parts-of-an-etag.md), which no route states. */
const ofReads: Responses = {
  304: { description: 'The answer is as the ETag in If-None-Match says.' },
  412: { description: 'The resource has changed since the ETag in If-Match was read.', content },
}

const unexpected = {
  description:
    'Any other error, such as 417. What the connection answers before an operation is found, such as 408 or 431, is a problem (RFC 9457), and a proxy in front of the service may answer in a form of its own, such as 502.',
  content,
}

/** The document with the responses that every operation has, and every GET. */
export function completeResponses(document: OpenApiDocument): OpenApiDocument {
  const paths = Object.entries(document.paths ?? {}).map(([path, item = {}]) => {
    const operations = Object.entries(item).map(([method, operation]) => {
      const { responses } = operation as OpenAPIV3_1.OperationObject
      const added = { ...(method === 'get' && ofReads), default: unexpected }
      return [method, { ...(operation as object), responses: { ...responses, ...added } }]
    })
    return [path, Object.fromEntries(operations)]
  })
  return { ...document, paths: Object.fromEntries(paths) }
}
