import type { VerifierError } from '../edge/verifier-error.ts'
import { ServiceError } from '../errors.ts'

/**
 * What callers of an edge get in place of a verdict. That the service refuses the key of the edge
 * is an outage to them: their own keys, and those that they ask about, may be good.
 */
export function toEdgeOutage(error: VerifierError): ServiceError {
  switch (error.code) {
    case 'overloaded':
      return new ServiceError('overloaded', error.message)
    case 'invalid_attempt':
      return new ServiceError('invalid_request', error.message)
    case 'unavailable':
    case 'caller_refused':
    case 'closed':
      return new ServiceError('unavailable', `This edge has no verdict. ${error.message}`)
  }
}
