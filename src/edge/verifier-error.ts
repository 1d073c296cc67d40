/**
 * Why there is no verdict. None of these is a denial:
 * - `unavailable`: the service did not answer, or answered with an outage;
 * - `overloaded`: more verifications wait than `maxWaiting`;
 * - `caller_refused`: the service refuses your own token, or it may not verify others;
 * - `invalid_attempt`: the service does not understand `clientIp`, `permissions` or `accountId`;
 * - `closed`: the verifier was closed.
 */
export type VerifierErrorCode =
  | 'unavailable'
  | 'overloaded'
  | 'caller_refused'
  | 'invalid_attempt'
  | 'closed'

/** There is no verdict. The message is for people and contains no token. */
export class VerifierError extends Error {
  override readonly name = 'VerifierError'
  readonly code: VerifierErrorCode
  /** The id of the request in the log of the service, if it answered. */
  readonly requestId: string | undefined

  constructor(
    code: VerifierErrorCode,
    message: string,
    {
      cause,
      requestId,
    }: { readonly cause?: unknown; readonly requestId?: string | undefined } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.requestId = requestId
  }
}
