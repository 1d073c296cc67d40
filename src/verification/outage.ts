import { explainReadOnly, OutcomeUnknownError, StandbyError } from '../store/faults.ts'

/** Whether an error means that the database is unavailable; the APIs then answer 503. */
export { isUnavailable } from '../store/faults.ts'

/** Whether the database answers but refuses writes: a standby, or a read-only pooler. */
export function isReadOnlyDatabase(error: unknown): boolean {
  return explainReadOnly(error) instanceof StandbyError
}

/** Whether an error leaves the outcome of an act unknown: the connection was lost at COMMIT. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof OutcomeUnknownError
}
