import type { Json } from '../api.ts'

/** A schema of an OpenAPI document, or the component that it refers to. */
export function resolve(schema: Json, document: Json): Json {
  const name = schema?.$ref?.split('/').at(-1)
  return name === undefined ? schema : document.components.schemas[name]
}
