/** The entry of the package. */
export type { VerifyOptions } from './question.ts'
export type { Denial, DenialReason, ValidVerdict, Verdict, VerifiedKey } from './verdict.ts'
export {
  createVerifier,
  type Ready,
  type TokenVerifier,
  Verifier,
  type VerifierCounters,
  type VerifierOptions,
} from './verifier.ts'
export { VerifierError, type VerifierErrorCode } from './verifier-error.ts'
