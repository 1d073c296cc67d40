import type { FastifyRequest } from 'fastify'
import { runForAccount } from '../account-context.ts'
import { rightsOf } from '../domain/principal.ts'
import type { App } from './app-type.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes only connections for verifications, which no account has a share of. */
    readonly isVerification?: boolean
  }
}

/**
 * Has every request of an authenticated scope, once its body is read, run on behalf of an account:
 * the one that its path names, which its caller may reach, or else the caller's own. The database
 * connections that the request takes count against the share of that account.
 */
export function runForAccounts(app: App): void {
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.routeOptions.config.isVerification === true) return done()
    return runForAccount(accountOf(request), done)
  })
}

function accountOf({ params, principal }: FastifyRequest): string {
  return (params as { account_id?: string }).account_id ?? rightsOf(principal).accountId
}
