import { VerifierError } from './verifier-error.ts'

/** What closed streams mean, by their codes: docs/edge.md of the service. */
const sentences: Readonly<Record<number, string>> = {
  1002: 'The service refuses a frame that breaks the rules of WebSockets (RFC 6455).',
  1003: 'The service refuses a frame of this type.',
  1006: 'The connection was lost.',
  1007: 'The service refuses a frame whose text is no UTF-8.',
  1008: 'The service refuses a message of so many fragments.',
  1009: 'The service refuses a frame as too long.',
  1011: 'The service, or a proxy before it, failed.',
  1012: 'The service, or a proxy before it, starts again.',
  4001: 'The instance of the service stops.',
  4002: 'The token of this caller has lost the right to verify others.',
  4003: 'This process reads too slowly what the service sends.',
  4004: 'The service heard nothing from this process for too long.',
  4005: 'The service does not understand this version of the client.',
  4006: 'The service speaks another version of the protocol.',
}

/** Why a stream has ended, in a sentence. */
export function endOfStream(code: number, reason: string): VerifierError {
  const sentence = sentences[code] ?? 'The service has closed the stream.'
  const told = reason === '' ? '' : ` It says: ${reason}`
  const error = code === 4002 ? 'caller_refused' : 'unavailable'
  return new VerifierError(error, `${sentence} (${code})${told}`)
}

/** What answers there is an edge itself: an edge attaches to the service. */
export class EdgeOfEdgeError extends VerifierError {
  constructor() {
    super('unavailable', 'The address is that of an edge. Attach to the service itself.')
  }
}

/** Why the service does not open a stream, by the status of its answer. */
export function refusalOfStream(status: number): VerifierError {
  if (status === 401) {
    return new VerifierError('caller_refused', 'The service refuses the token of this caller.')
  }
  if (status === 403) {
    return new VerifierError('caller_refused', 'The token of this caller may not verify others.')
  }
  if (status === 404) {
    return new VerifierError('unavailable', 'The service offers no streams (EDGES_MAX is 0).')
  }
  if (status === 501) return new EdgeOfEdgeError()
  if (status === 503) {
    return new VerifierError('unavailable', 'The service has no capacity for another stream.')
  }
  return new VerifierError('unavailable', `The service answered ${status} to the stream.`)
}
