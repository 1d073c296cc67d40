import { act } from '../acts/act.ts'
import type { AuditDeps } from '../acts/deps.ts'
import { system } from '../domain/principal.ts'
import { findPlatformAccount } from '../store/accounts.ts'
import { findCredentialOfAdmin } from '../store/admin-credentials.ts'
import type { Database } from '../store/database.ts'
import { findTagKeys } from '../store/tag-keys.ts'
import { createSignInLink, type NewLink } from './sign-in-link.ts'
import { withoutCache } from './without-cache.ts'

export interface IssuedLink extends Omit<NewLink, 'event'> {
  readonly apiKeyId: string
}

/**
 * Issues a sign-in link of the newest valid key of the platform account with the role admin, for an
 * operator of the database. Throws an Error if there is no such key, or the service was never
 * started on the database.
 */
export async function issueSignInLink(deps: AuditDeps, db: Database): Promise<IssuedLink> {
  const { result } = await act(withoutCache(deps, db), system, {}, async ({ trx }) => {
    const platform = await findPlatformAccount(trx)
    const keyring = await findTagKeys(trx)
    if (platform === undefined || keyring === undefined) {
      throw new Error('The database is not initialized. Start the service on the database first.')
    }
    const key = await findCredentialOfAdmin(trx, platform.id, deps.now())
    if (key === undefined) {
      throw new Error(
        'No key of the platform account with the role admin is valid from any address: run `npm run admin -- issue-root-key` first.',
      )
    }
    const { event, ...link } = await createSignInLink(
      deps,
      trx,
      { ...key, accountId: platform.id },
      keyring.signing,
    )
    return { result: { ...link, apiKeyId: key.apiKeyId }, events: [event] }
  })
  return result
}
