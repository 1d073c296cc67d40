import type { OpenAPIV3_1 } from 'openapi-types'
import { isContainer } from '../domain/is-container.ts'

export type OpenApiDocument = OpenAPIV3_1.Document

/** Names a component by its `$id`. */
export const nameComponents = {
  buildLocalReference: (
    { $id }: { $id?: unknown },
    _base: unknown,
    _part: unknown,
    index: number,
  ) => (typeof $id === 'string' ? $id : `component-${index}`),
}

/** The document without the components that it does not refer to, which belong to other APIs. */
export function onlyUsedComponents(document: OpenApiDocument): OpenApiDocument {
  const schemas = document.components?.schemas ?? {}
  const used = new Set<string>()
  const open: unknown[] = [document.paths]
  while (open.length > 0) {
    for (const [name, value] of Object.entries(open.pop() ?? {})) {
      if (isContainer(value)) open.push(value)
      if (name !== '$ref' || typeof value !== 'string') continue
      const component = value.replace('#/components/schemas/', '')
      if (used.has(component)) continue
      used.add(component)
      open.push(schemas[component])
    }
  }
  const kept = Object.entries(schemas).filter(([name]) => used.has(name))
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(kept) } }
}
