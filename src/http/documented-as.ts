import { type Static, type TSchema, Type } from 'typebox'

/**
 * A schema that the OpenAPI document shows as another one: what the service accepts is wider than
 * what a client should send.
 */
export function documentedAs<T extends TSchema>(schema: T, shown: object) {
  return Type.Unsafe<Static<T>>({ ...schema, 'x-document-as': shown })
}

/** A field that is accepted and that the OpenAPI document leaves out: another one replaces it. */
export function undocumented<T extends TSchema>(schema: T) {
  return Type.Optional(Type.Unsafe<Static<T>>({ ...schema, 'x-undocumented': true }))
}

/**
 * A copy of a part of the document, with every schema as it is to be shown, and without the
 * properties and parameters that are not.
 */
export function asDocumented(node: unknown): unknown {
  if (Array.isArray(node))
    return node.filter((item) => !isUndocumented(item?.schema)).map(asDocumented)
  if (typeof node !== 'object' || node === null) return node
  if ('x-document-as' in node) return asDocumented(node['x-document-as'])
  return Object.fromEntries(
    Object.entries(node)
      .filter(([name, value]) => name !== 'x-expected' && !isUndocumented(value))
      .map(([name, value]) => [name, asDocumented(value)]),
  )
}

/** Whether a part of a schema is marked as left out of the document. */
export function isUndocumented(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'x-undocumented' in node
}
