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
    case 'caller_refused':
      // The words of the error call the edge a caller: callers of the edge would read their token.
      return new ServiceError(
        'unavailable',
        'This edge has no verdict. The service refuses the key of this edge (EDGE_TOKEN_FILE), not yours.',
      )
    case 'unavailable':
    case 'closed':
      return new ServiceError('unavailable', `This edge has no verdict. ${error.message}`)
  }
}
