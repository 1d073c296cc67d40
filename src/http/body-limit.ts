import { isContainer } from '../domain/is-container.ts'
import { maxBodyBytes, maxMetadataBytes } from '../domain/limits.ts'
import { permissionPattern } from '../domain/permission.ts'
import type { App } from './app-type.ts'

/**
 * Limits the body of each route that is registered after it to what the schema of the body can
 * need: parsing 256 KiB takes up to 10 ms.
 */
export function limitBodies(app: App): void {
  app.addHook('onRoute', function limit(route) {
    route.bodyLimit ??= bodyLimitOf(route.schema?.body, (ref) =>
      (this as App).getSchema(ref.replace('#', '')),
    )
  })
}

/**
 * No limit is lower, even that of a route without a body: a field that is somewhat too long gets an
 * answer that names the field, and parsing 32 KiB takes at most 1.3 ms.
 */
const minLimit = 32 * 1024
/** A code point outside the Basic Multilingual Plane as two escapes (RFC 8259, section 7). */
const bytesPerCharacter = 12
/** Quotes, a comma, a colon, and the indentation of a member or an element. */
const bytesPerValue = 64
/** `permissionPattern` allows no more characters, and only ASCII. */
const maxPermissionLength = 127
/** A number, a literal, a UUID or a time. */
const bytesOfScalar = 64

/** The most bytes that a valid body can have, within 32 KiB and `maxBodyBytes`. */
export function bodyLimitOf(schema: unknown, resolve: (ref: string) => unknown): number {
  return Math.min(maxBodyBytes, Math.max(minLimit, bytesOf(schema, resolve)))
}

/** The parts of a schema that bound the size of a text. */
interface Bounds {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly maxLength?: number
  readonly maxItems?: number
  readonly items?: unknown
  readonly properties?: Readonly<Record<string, unknown>>
}

function bytesOf(schema: unknown, resolve: (ref: string) => unknown): number {
  if (!isContainer(schema)) return 0
  const bounds: Bounds = schema
  if (bounds.$ref !== undefined) return bytesOf(resolve(bounds.$ref), resolve)
  if (bounds.properties !== undefined) {
    return Object.entries(bounds.properties)
      .map(([name, member]) => name.length + bytesPerValue + bytesOf(member, resolve))
      .reduce((sum, bytes) => sum + bytes, 0)
  }
  const types = [bounds.type ?? []].flat()
  if (types.includes('array')) {
    const { maxItems = Number.POSITIVE_INFINITY, items } = bounds
    return maxItems * (bytesPerValue + bytesOf(items, resolve))
  }
  // The one open map is the metadata of a key. An escape has at most three times its bytes.
  if (types.includes('object')) return 3 * maxMetadataBytes
  if (!types.includes('string') || bounds.format !== undefined) return bytesOfScalar
  if (bounds.enum !== undefined) return bytesOfScalar
  if (bounds.pattern === permissionPattern) return maxPermissionLength
  const { maxLength = Number.POSITIVE_INFINITY } = bounds
  return maxLength * bytesPerCharacter
}
