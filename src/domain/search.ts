import { maxSearchWords } from './limits.ts'

/** As the database splits names and descriptions: migrations/0021_case_of_words.sql. */
const separators = /[^0-9A-Za-z\u00c0-\u1fff\u2070-\u2fff\u3040-\u{10ffff}]+/u

/**
 * The words of a search, each of which must begin a word of what is found. The case of letters is
 * left to the database, which folds stored words and those of a search by one rule, and shortens
 * both. Undefined for a text without a word, or with too many.
 */
export function parseSearch(text: string): readonly string[] | undefined {
  const distinct = [...new Set(text.split(separators).filter((word) => word !== ''))]
  if (distinct.length === 0 || distinct.length > maxSearchWords) return undefined
  return distinct
}
