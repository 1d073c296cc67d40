import { ServiceError } from '../../errors.ts'
import { isUnavailable } from '../outage.ts'
import { EdgeRefused } from './edge-authority.ts'
import type { EdgesDeps } from './edges-deps.ts'

/** Logs what an edge cannot be blamed for. An outage of the database is logged where it is met. */
export function logFault({ log }: Pick<EdgesDeps, 'log'>, error: unknown): void {
  if (error instanceof EdgeRefused || error instanceof ServiceError || isUnavailable(error)) return
  log.error({ err: error }, 'failed to answer an edge')
}
