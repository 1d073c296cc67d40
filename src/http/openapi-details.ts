import type { OpenAPIV3_1 } from 'openapi-types'
import { asDocumented } from './documented-as.ts'
import { describeConditionalRead, isConditionalRead } from './openapi-conditional-reads.ts'
import { completeParameters } from './openapi-parameters.ts'
import { completeResponses, shareResponses } from './openapi-responses.ts'
import { shareParameters } from './openapi-shared-parameters.ts'

type Document = OpenAPIV3_1.Document
type Operation = OpenAPIV3_1.OperationObject
type SchemaObject = OpenAPIV3_1.SchemaObject

/** Adds what the schemas of routes do not hold, and leaves out what clients should not use. */
export function addDetails(given: Document): Document {
  const document = asDocumented(given) as Document
  const operations: Operation[] = []
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const operation = item?.[method]
      if (operation === undefined) continue
      operations.push(operation)
      completeParameters(operation, method, path)
      if (isConditionalRead(operation, method, path)) describeConditionalRead(operation)
      completeResponses(operation, path)
      completeBody(document, operation)
    }
  }
  shareResponses(document, operations)
  document.components = { ...document.components, parameters: shareParameters(operations) }
  return document
}

/**
 * @fastify/swagger marks every body as required. The example of a body is that of its schema:
 * viewers and mock servers read the one, code generators the other.
 */
function completeBody(document: Document, operation: Operation): void {
  const body = operation.requestBody
  if (body === undefined || '$ref' in body) return
  for (const [type, media] of Object.entries(body.content)) {
    const schema = componentOf(document, media.schema)
    const [example] = schema?.examples ?? []
    if (example !== undefined) media.example = example
    const mayBeEmpty = schema !== undefined && !('required' in schema || 'minProperties' in schema)
    if (type === 'application/json' && mayBeEmpty) body.required = false
    // RFC 7662 has no lists: a form repeats the name.
    if (type === 'application/x-www-form-urlencoded') {
      media.encoding = { permission: { style: 'form', explode: true } }
    }
  }
}

function componentOf(
  document: Document,
  schema: SchemaObject | OpenAPIV3_1.ReferenceObject | undefined,
): SchemaObject | undefined {
  if (schema === undefined) return undefined
  if (!('$ref' in schema)) return schema as SchemaObject
  return document.components?.schemas?.[schema.$ref?.split('/').at(-1) ?? ''] as SchemaObject
}
