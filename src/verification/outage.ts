import { explainReadOnly, OutcomeUnknownError, StandbyError } from '../store/faults.ts'

/** Whether an error means that the database is away, for the faces to answer 503. */
export { isUnavailable } from '../store/faults.ts'

/** Whether the database is there and takes no writes: a standby, or a read-only pooler. */
export function isReadOnlyDatabase(error: unknown): boolean {
  return explainReadOnly(error) instanceof StandbyError
}

/** Whether an error leaves it open if what was asked was done: the database was lost at COMMIT. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof OutcomeUnknownError
}
