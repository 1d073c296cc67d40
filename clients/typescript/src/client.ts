/** The entry of the package. */

export { VerifierError, type VerifierErrorCode } from '../../../src/edge/verifier-error.ts'
export type { VerifyOptions } from './question.ts'
export type { Denial, DenialReason, ValidVerdict, Verdict, VerifiedKey } from './verdict.ts'
export { createVerifier, Verifier } from './verifier.ts'
export type { Ready, TokenVerifier, VerifierCounters, VerifierOptions } from './verifier-types.ts'
