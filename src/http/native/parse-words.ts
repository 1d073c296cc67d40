import { maxSearchLength, maxSearchWords } from '../../domain/limits.ts'
import { parseSearch } from '../../domain/search.ts'
import { invalidRequest } from '../../errors.ts'
import { textFilter } from './shapes/fields.ts'

/** The words that a query searches for. Throws `invalid_request`. */
export function parseWords(text: string): readonly string[] {
  const words = parseSearch(text)
  if (words !== undefined) return words
  const message = `The text must have 1 to ${maxSearchWords} words of letters or digits.`
  throw invalidRequest([{ in: 'query', field: '/search', rule: 'words', message }])
}

/**
 * The query parameter that words are searched by.
 * @param which the items, and where they have words
 */
export function searchFilter(which: string) {
  return textFilter(
    maxSearchLength,
    `Only ${which}, for each word of this text, a word that begins with it, whatever the case: 1 to ${maxSearchWords} words of letters or digits.`,
  )
}
