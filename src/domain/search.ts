import { maxSearchWords } from './limits.ts'

/** As the database splits names and descriptions: migrations/0019_search.sql. */
const separators = /[^0-9A-Za-z\u00c0-\u1fff\u2070-\u2fff\u3040-\u{10ffff}]+/u

/** Characters of a word that count; the database stores no more. */
const wordLength = 40

/**
 * The words of a search, each of which must begin a word of what is found. The case of letters is
 * left to the database, which folds stored words. Undefined for a text without a word, or with too
 * many.
 */
export function parseSearch(text: string): readonly string[] | undefined {
  const words = text.split(separators).filter((word) => word !== '')
  const distinct = [...new Set(words.map((word) => [...word].slice(0, wordLength).join('')))]
  if (distinct.length === 0 || distinct.length > maxSearchWords) return undefined
  return distinct
}
