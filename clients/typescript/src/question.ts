import type { Verdict } from './verdict.ts'

/** What a token is used for. */
export interface VerifyOptions {
  /** The address of the client that presented the token. Absent: a restricted key is denied. */
  readonly clientIp?: string | undefined
  /** Permissions that the key must hold, all of them. */
  readonly permissions?: readonly string[] | undefined
  /** The account that the key must belong to. */
  readonly accountId?: string | undefined
  /** Rejects this call with the reason of the signal; others go on. */
  readonly signal?: AbortSignal | undefined
}

/** The body of one attempt, as the service takes it. */
export interface AttemptBody {
  readonly token: string
  readonly client_ip?: string
  readonly permissions?: readonly string[]
  readonly account_id?: string
}

/** One call of `verify` that waits for its verdict. */
export interface Question {
  readonly attempt: AttemptBody
  /** Whether the caller gave up. */
  isAbandoned: boolean
  answer(verdict: Verdict): void
  fail(error: unknown): void
}

export function attemptOf(token: string, options: VerifyOptions): AttemptBody {
  const { clientIp, permissions, accountId } = options
  return {
    token,
    ...(clientIp !== undefined && { client_ip: clientIp }),
    ...(permissions !== undefined && { permissions }),
    ...(accountId !== undefined && { account_id: accountId }),
  }
}
