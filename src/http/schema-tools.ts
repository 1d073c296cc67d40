import { type Static, type TSchema, Type } from 'typebox'

/** A reference to a named component. TypeBox's own Ref loses the type. */
export function ref<T extends TSchema>(schema: T, options: Record<string, unknown> = {}) {
  const { $id } = schema as { $id?: string }
  if ($id === undefined) throw new TypeError('Only a schema with an $id can be referred to.')
  const words = 'x-expected' in schema ? { 'x-expected': schema['x-expected'] } : {}
  return Type.Unsafe<Static<T>>({ $ref: `${$id}#`, ...words, ...options })
}

/** A named component or null, in a form that client generators map to the component's type. */
export function nullableRef<T extends TSchema>(schema: T, options: Record<string, unknown> = {}) {
  return Type.Unsafe<Static<T> | null>({ anyOf: [ref(schema), { type: 'null' }], ...options })
}

/** A reference for a handler that returns finished JSON, which Fastify sends unchanged. */
export function refAsJson(schema: TSchema) {
  return Type.Unsafe<string | Buffer>(ref(schema))
}

/** A string or null, as one flat schema of OpenAPI 3.1. */
export function nullableString(options: Record<string, unknown> = {}) {
  return Type.Unsafe<string | null>({ type: ['string', 'null'], ...options })
}

/** A field of an update that is unchanged if null: some clients send null for what is unset. */
export function unchangedIfNull<T extends TSchema>(schema: T) {
  const { type } = schema as { readonly type?: string }
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [type, 'null'] })
}

/**
 * A string of an answer. Its values are those known today: a later version may have more, and an
 * enum would make generated clients fail on them.
 */
export function openEnum<const T extends readonly string[]>(values: T, description: string) {
  const known = values.map((value) => `\`${value}\``).join(', ')
  return Type.Unsafe<T[number]>({
    type: 'string',
    'x-extensible-enum': values,
    description: `${description} Known values, to which later versions may add: ${known}.`,
  })
}

/** One of several strings, as an enum: a union of literals becomes `anyOf`. */
export function oneOf<const T extends readonly string[]>(
  values: T,
  options: Record<string, unknown> = {},
) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: values, ...options })
}

/** For an object in which unknown fields are errors. */
export const closed = { additionalProperties: false } as const
