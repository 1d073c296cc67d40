import { type Static, type TSchema, Type } from 'typebox'

/** A reference to a named component. TypeBox's own Ref forgets the type. */
export function ref<T extends TSchema>(schema: T, options: Record<string, unknown> = {}) {
  const { $id } = schema as { $id?: string }
  if ($id === undefined) throw new TypeError('Only a schema with an $id can be referred to.')
  return Type.Unsafe<Static<T>>({ $ref: `${$id}#`, ...options })
}

/** A named component or null, as OpenAPI 3.1 writes it: generators make the component's own type of it. */
export function nullableRef<T extends TSchema>(schema: T) {
  return Type.Unsafe<Static<T> | null>({ anyOf: [ref(schema), { type: 'null' }] })
}

/** The same reference where the handler itself gives the finished JSON, which Fastify sends as it is. */
export function refAsJson(schema: TSchema) {
  return Type.Unsafe<string | Buffer>(ref(schema))
}

/** A string or null, as OpenAPI 3.1 writes it: one flat schema. */
export function nullableString(options: Record<string, unknown> = {}) {
  return Type.Unsafe<string | null>({ type: ['string', 'null'], ...options })
}

/** One of some strings, as an enum: unions of literals would become `anyOf`. */
export function oneOf<const T extends readonly string[]>(
  values: T,
  options: Record<string, unknown> = {},
) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: values, ...options })
}

/** A body object in which unknown fields are errors. */
export const closed = { additionalProperties: false } as const
