import { parse } from 'node:querystring'
import type { Fault } from '../errors.ts'

/** Marks the query of a request that is not percent-encoded UTF-8. */
const malformed = Symbol('malformed query')

/**
 * Parses a query. A parser that throws would end the process, because the router calls it: a
 * malformed query is marked, and refused where its parameters are validated.
 */
export function parseQuery(text: string): Record<string | symbol, unknown> {
  if (text === '') return {}
  if (!isQuery(text)) return { [malformed]: true }
  return { ...parse(text, '&', '=', { maxKeys: 0 }) }
}

/** Whether `parseQuery` found a query that is not percent-encoded UTF-8. */
export function isMalformedQuery(query: unknown): boolean {
  return typeof query === 'object' && query !== null && malformed in query
}

export const malformedQuery: Fault = {
  in: 'query',
  field: '',
  rule: 'percent_encoding',
  message: 'The query must be percent-encoded UTF-8. Write % itself as %25.',
}

/** RFC 3986, section 2: no other characters are part of a URI. */
export function isQuery(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text) && isPercentEncodedUtf8(text)
}

/** Whether a form can be decoded without a replacement character in place of a byte. */
export function isPercentEncodedUtf8(text: string): boolean {
  if (!text.includes('%')) return true
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
