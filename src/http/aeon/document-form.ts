import { isRecord } from '../../domain/is-record.ts'
import { asDocumented } from '../documented-as.ts'
import type { OpenApiDocument } from '../openapi-components.ts'

/**
 * The document in the form from which client generators make the types and the calls that the code
 * of the clients uses (docs/decisions/0026-the-document-of-the-clients.md). The schemas say what it
 * shows in place of what the service accepts.
 */
export function toDocumentForm(document: OpenApiDocument): OpenApiDocument {
  return formOf(asDocumented(document)) as OpenApiDocument
}

function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(formOf)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries({ ...value, ...styleOf(value) })
      // A new field of an answer must not break a client, and bodies and answers share components.
      .filter(([name, member]) => name !== 'additionalProperties' || member !== false)
      .map(([name, member]) => [name, formOf(member)]),
  )
}

/** The values of a query parameter are on one line, separated by commas. */
function styleOf({ in: place, schema }: Readonly<Record<string, unknown>>): object {
  const isList = place === 'query' && isRecord(schema) && schema.type === 'array'
  return isList ? { style: 'form', explode: false } : {}
}
