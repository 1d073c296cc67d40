import { ServiceError } from '../errors.ts'
import type { OutcomeUnknownError } from '../store/faults.ts'
import type { ActDeps } from './deps.ts'

/** Logs that the outcome of a change is unknown, and makes the error that its caller gets. */
export function outcomeUnknown(
  deps: Pick<ActDeps, 'log'>,
  error: OutcomeUnknownError,
): ServiceError {
  deps.log.error(
    { err: error },
    'the database did not confirm the commit: the outcome of the change is unknown',
  )
  return new ServiceError(
    'outcome_unknown',
    'The database did not confirm the commit: the change may or may not have been committed. Repeating the request is safe.',
  )
}
