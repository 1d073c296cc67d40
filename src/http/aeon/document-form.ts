import type { OpenApiDocument } from '../openapi-components.ts'

/**
 * Keywords of schemas that only the document reads. The service accepts more than the document
 * says: the document has the form from which client generators make the types and the calls that
 * the code of the clients uses (docs/decisions/0026-the-document-of-the-clients.md).
 */
export const documentOnly = {
  /** Null counts as an absent value. Said in the document, it would make another type. */
  toleratesNull: { nullable: true, 'x-tolerates-null': true },
  /** Another spelling of a parameter: twin parameters clash in generated code. */
  alias: { 'x-alias': true },
  /** A text in which values are separated by commas. */
  commaSeparated: { 'x-comma-separated': true },
  /** A segment of a path: the service answers that no resource has a malformed id. */
  uuid: { 'x-format': 'uuid' },
  /** The required fields in the document; the service requires fewer. */
  requires: (names: readonly string[]) => ({ 'x-required': names }),
} as const

/**
 * A text whose values a strict enum of the clients names. The service checks the form only: the
 * catalogue of an operator may have more values.
 */
export function knownValues(values: readonly string[]) {
  return { 'x-known-values': values }
}

interface Node {
  readonly [name: string]: unknown
}

/** The document in the form that the keywords ask for, without the keywords. */
export function toDocumentForm(document: OpenApiDocument): OpenApiDocument {
  return formOf(document) as OpenApiDocument
}

function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isAlias(item)).map(formOf)
  if (!isNode(value)) return value
  const node = isNode(value.schema) ? parameterOf(value, value.schema) : value
  return Object.fromEntries(
    Object.entries(schemaOf(node)).map(([name, member]) => [name, formOf(member)]),
  )
}

function isAlias(value: unknown): boolean {
  return isNode(value) && isNode(value.schema) && 'x-alias' in value.schema
}

/** A parameter whose text holds several values is an array on one line. */
function parameterOf(parameter: Node, schema: Node): Node {
  if (!('x-comma-separated' in schema)) return parameter
  const array = { type: 'array', items: { type: 'string' } }
  return { ...parameter, schema: array, style: 'form', explode: false }
}

function schemaOf(node: Node): Node {
  const {
    'x-tolerates-null': tolerated,
    'x-known-values': values,
    'x-required': required,
    'x-format': format,
    ...schema
  } = node
  if (tolerated !== undefined) return omit(schema, 'nullable')
  if (values !== undefined) return { ...omit(schema, 'pattern'), enum: values }
  if (format !== undefined) return { ...schema, format }
  // A new field of an answer must not break a client, and bodies and answers share components.
  const open = schema.additionalProperties === false ? omit(schema, 'additionalProperties') : schema
  return required === undefined ? open : { ...open, required }
}

function omit(node: Node, name: string): Node {
  return Object.fromEntries(Object.entries(node).filter(([key]) => key !== name))
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
