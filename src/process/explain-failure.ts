import { isUnavailable } from '../verification/outage.ts'

/** Why a process could not do its work, in message for its operator. */
export function explainFailure(error: unknown): string {
  const message = messageOf(error)
  return isUnavailable(error)
    ? `The database is not usable; check DATABASE_URL: ${message}`
    : message
}

/**
 * A host with several addresses fails with one error for each, inside an AggregateError without a
 * message.
 */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
