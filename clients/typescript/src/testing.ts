import type { Attempt } from '../../../src/domain/verdict.ts'
import { toAttempt } from './attempt.ts'
import type { ValidVerdict, Verdict } from './verdict.ts'
import type { TokenVerifier } from './verifier-types.ts'

/** What a test says of a token: its permissions, a whole verdict, or an error to reject with. */
export type Told = readonly string[] | Verdict | Error

/**
 * A verifier for tests of your own, which asks nobody: it knows the tokens that it is given, and
 * denies others (`not_found`). Of a valid token it checks the permissions and the account. It
 * rejects with `invalid_attempt` what the service does not understand.
 */
export function createTestVerifier(tokens: Readonly<Record<string, Told>>): TokenVerifier {
  const told = new Map(Object.entries(tokens))
  return {
    async verify(token, options = {}) {
      options.signal?.throwIfAborted()
      const attempt = toAttempt(options)
      const known = told.get(token)
      if (known instanceof Error) throw known
      if (known === undefined) return { valid: false, reason: 'not_found' }
      const verdict = 'valid' in known ? known : validVerdict(known)
      return verdict.valid ? judge(verdict, attempt) : verdict
    },
  }
}

function judge(verdict: ValidVerdict, { permissions, accountId }: Attempt): Verdict {
  const { api_key, generation } = verdict
  if (accountId !== undefined && accountId !== api_key.account_id.toLowerCase()) {
    return { valid: false, reason: 'wrong_account', api_key, generation }
  }
  if (permissions.every((name) => verdict.permissions.includes(name))) return verdict
  return { valid: false, reason: 'insufficient_permissions', api_key, generation }
}

function validVerdict(permissions: readonly string[]): ValidVerdict {
  return {
    valid: true,
    api_key: {
      id: '01890a5d-ac96-774b-bcce-b302099a8057',
      account_id: '01890a5d-ac96-774b-bcce-b302099a8058',
      name: 'a key of a test',
      role: { id: '01890a5d-ac96-774b-bcce-b302099a8059', name: 'a role of a test' },
      expires_at: null,
    },
    generation: 1,
    permissions,
  }
}
