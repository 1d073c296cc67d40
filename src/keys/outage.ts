import { OutcomeUnknownError } from '../store/faults.ts'

/** Whether an error means that the database is away, for the faces to answer 503. */
export { isUnavailable } from '../store/faults.ts'

/** Whether an error leaves it open if what was asked was done: the database was lost at COMMIT. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof OutcomeUnknownError
}
