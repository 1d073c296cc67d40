import { parseJson } from './parse-json.ts'
import { isUuid } from './uuid.ts'

export const sortFields = ['created_at', 'name', 'expires_at', 'email'] as const
export type SortField = (typeof sortFields)[number]

export interface Sort {
  readonly field: SortField
  readonly descending: boolean
}

/** Where a page begins: after the item with this id, whose sorted value this is. */
export interface PagePlace {
  /** A name, an address, an RFC 3339 time, or null for a key that never expires. */
  readonly value: string | null
  readonly id: string
}

export interface PageRequest {
  readonly limit: number
  readonly sort: Sort
  readonly after: PagePlace | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly next: PagePlace | null
}

/** Parses `created_at`, `-created_at` and the like. */
export function parseSort(text: string): Sort | undefined {
  const descending = text.startsWith('-')
  const name = descending ? text.slice(1) : text
  const field = sortFields.find((candidate) => candidate === name)
  return field === undefined ? undefined : { field, descending }
}

/**
 * The opaque form of a place. The cursor names its list and its sort, so that it is refused by
 * another list and under another sort: there it would leave items out without a word.
 */
export function encodeCursor(list: string, sort: Sort, place: PagePlace): string {
  const parts = [sort.field, sort.descending, place.value, place.id, list]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** The place in a cursor; undefined when the cursor is none of this list and sort. */
export function decodeCursor(list: string, sort: Sort, cursor: string): PagePlace | undefined {
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString())
  if (!Array.isArray(parts) || parts.length !== 5) return undefined
  const [field, descending, value, id, ofList] = parts as unknown[]
  if (ofList !== list) return undefined
  if (field !== sort.field || descending !== sort.descending) return undefined
  if (typeof id !== 'string' || !isUuid(id)) return undefined
  if (value === null) return sort.field === 'expires_at' ? { value, id } : undefined
  if (typeof value !== 'string' || value.includes('\0')) return undefined
  const isText = sort.field === 'name' || sort.field === 'email'
  if (!isText && !isTime(value)) return undefined
  return { value, id }
}

/** A time as the service writes it: a year from 0001 to 9999, which the database also accepts. */
function isTime(text: string): boolean {
  const time = new Date(text)
  return (
    /^(?!0000)\d{4}-/.test(text) && !Number.isNaN(time.getTime()) && time.toISOString() === text
  )
}
