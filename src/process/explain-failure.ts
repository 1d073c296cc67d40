import { isUnavailable } from '../verification/outage.ts'

/** Why a process could not do its work, in words for whoever started it. */
export function explainFailure(error: unknown): string {
  const words = wordsOf(error)
  return isUnavailable(error) ? `The database is not usable; check DATABASE_URL: ${words}` : words
}

/** A host with several addresses fails by one error for each, under one that says nothing. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
