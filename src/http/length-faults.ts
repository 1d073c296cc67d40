import type { FastifySchemaValidationError } from 'fastify'
import { isContainer } from '../domain/is-container.ts'
import { maxFaults } from '../domain/limits.ts'

/** Finds a named component by its `$ref`. */
export type ResolveRef = (ref: string) => unknown

/**
 * The arrays with more elements and the closed objects with far more members than a schema allows,
 * in the form of Ajv's faults, at most `maxFaults`. A value without such a fault has a size that
 * the schema bounds, and so has the work of finding all its faults: without this check, a body of
 * 256 KiB took up to 0.7 s.
 */
export function lengthFaults(
  schema: unknown,
  value: unknown,
  resolve: ResolveRef,
): FastifySchemaValidationError[] {
  const faults: FastifySchemaValidationError[] = []
  for (const found of faultsIn(schema, value, '', resolve)) {
    faults.push(found)
    if (faults.length === maxFaults) break
  }
  return faults
}

/** The parts of a schema that bound a length. */
interface Bounds {
  readonly $ref?: string
  readonly maxItems?: number
  readonly items?: unknown
  readonly properties?: Readonly<Record<string, unknown>>
  readonly additionalProperties?: unknown
}

type Faults = Generator<FastifySchemaValidationError, void, void>

/** Recurses as deep as the schema, no component of which refers to itself. */
function* faultsIn(schema: unknown, value: unknown, path: string, resolve: ResolveRef): Faults {
  if (!isContainer(schema) || !isContainer(value)) return
  const bounds: Bounds = schema
  if (bounds.$ref !== undefined) yield* faultsIn(resolve(bounds.$ref), value, path, resolve)
  else if (Array.isArray(value)) yield* faultsInArray(bounds, value, path, resolve)
  else yield* faultsInObject(bounds, new Map(Object.entries(value)), path, resolve)
}

function* faultsInArray(
  schema: Bounds,
  value: readonly unknown[],
  path: string,
  resolve: ResolveRef,
): Faults {
  const { items, maxItems: limit = Number.POSITIVE_INFINITY } = schema
  if (value.length > limit) {
    yield fault('maxItems', path, { limit }, schema)
    return
  }
  // The schema may be that of a text: its `maxItems` does not bound this array.
  if (items === undefined) return
  for (const [index, item] of value.entries()) {
    yield* faultsIn(items, item, `${path}/${index}`, resolve)
  }
}

function* faultsInObject(
  schema: Bounds,
  value: ReadonlyMap<string, unknown>,
  path: string,
  resolve: ResolveRef,
): Faults {
  const { properties = {}, additionalProperties } = schema
  if (additionalProperties === false && value.size > Object.keys(properties).length + maxFaults) {
    for (const additionalProperty of value.keys()) {
      if (Object.hasOwn(properties, additionalProperty)) continue
      yield fault('additionalProperties', path, { additionalProperty }, schema)
    }
  }
  for (const [name, member] of Object.entries(properties)) {
    yield* faultsIn(member, value.get(name), `${path}/${name}`, resolve)
  }
}

/** The schema is where Ajv puts it by its option `verbose`: the message says what it expects. */
function fault(
  keyword: string,
  instancePath: string,
  params: FastifySchemaValidationError['params'],
  parentSchema: Bounds,
): FastifySchemaValidationError & { readonly parentSchema: Bounds } {
  return { keyword, instancePath, schemaPath: '', params, parentSchema }
}
