/** The entry of the package. */
export type { VerifyOptions } from './question.ts'
export type { Denial, DenialReason, ValidVerdict, Verdict, VerifiedKey } from './verdict.ts'
export { createVerifier, Verifier } from './verifier.ts'
export { VerifierError, type VerifierErrorCode } from './verifier-error.ts'
export type { Ready, TokenVerifier, VerifierCounters, VerifierOptions } from './verifier-types.ts'
