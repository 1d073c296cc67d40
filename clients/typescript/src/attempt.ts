import { parseConditions } from '../../../src/domain/edge/parse-conditions.ts'
import type { Attempt } from '../../../src/domain/verdict.ts'
import { VerifierError } from '../../../src/edge/verifier-error.ts'
import type { VerifyOptions } from './question.ts'

const anything: Attempt = { address: undefined, permissions: [], accountId: undefined }

/** What a token is judged for. Throws `invalid_attempt` for what the service refuses. */
export function toAttempt(options: VerifyOptions | undefined): Attempt {
  if (options === undefined) return anything
  const parsed = parseConditions(options)
  if ('attempt' in parsed) return parsed.attempt
  throw new VerifierError('invalid_attempt', parsed.fault)
}
