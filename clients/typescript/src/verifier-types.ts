import type { VerifierError } from '../../../src/edge/verifier-error.ts'
import type { VerifyOptions } from './question.ts'
import type { ServiceOptions } from './service.ts'
import type { Verdict } from './verdict.ts'

export interface VerifierOptions extends ServiceOptions {
  /**
   * `attached`: answers from memory what the service keeps up to date over a stream, and asks for
   * the rest. `remote`: asks for each verdict. Default: `attached`.
   */
  readonly mode?: 'attached' | 'remote' | undefined
  /** How many tokens memory has at most, in the mode `attached`. Default: 100,000. */
  readonly maxKeys?: number | undefined
  /** How many calls may wait to be sent before others are refused. Default: 10,000. */
  readonly maxWaiting?: number | undefined
}

/** What a verifier has done so far. */
export interface VerifierCounters {
  valid: number
  denied: number
  /** Calls without a verdict. */
  failed: number
  /** HTTP requests. */
  requests: number
  /** Verdicts from memory. */
  fromMemory: number
}

/** `Ready` says why not, in an error that `verify` would reject with. */
export type Ready =
  | {
      readonly isReady: true
      readonly isAttached: boolean
      /** Why it is not attached, and asks for each verdict over HTTP. */
      readonly detachedBy?: VerifierError
    }
  | { readonly isReady: false; readonly error: VerifierError }

/** What verifies tokens: a Verifier, or what `createTestVerifier` makes. */
export interface TokenVerifier {
  /** The verdict on a token. Rejects with a VerifierError if there is none: never a denial. */
  verify(token: string, options?: VerifyOptions): Promise<Verdict>
}
