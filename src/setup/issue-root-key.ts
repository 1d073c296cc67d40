import { act } from '../acts/act.ts'
import { system } from '../domain/principal.ts'
import { findPlatformAccount } from '../store/accounts.ts'
import type { Database } from '../store/database.ts'
import { findRoleWithEffects } from '../store/roles.ts'
import { findTagKeys } from '../store/tag-keys.ts'
import { insertRootKey, type RootKey, type RootKeyDeps } from './root-key.ts'
import { withoutCache } from './without-cache.ts'

/**
 * Issues another root key, for an operator of the database who lost the token. Throws an Error if
 * the service was never started on the database.
 */
export async function issueRootKey(
  deps: RootKeyDeps,
  db: Database,
  keepRootToken?: (token: string) => Promise<void>,
): Promise<RootKey> {
  const { result } = await act(withoutCache(deps, db), system, {}, async ({ trx }) => {
    const platform = await findPlatformAccount(trx)
    const keyring = await findTagKeys(trx)
    const admin = platform && (await findRoleWithEffects(trx, platform.id, { name: 'admin' }))
    if (platform === undefined || keyring === undefined || admin === undefined) {
      throw new Error('The database is not initialized. Start the service on the database first.')
    }
    const { rootKey, event } = await insertRootKey(deps, trx, platform, admin.id, keyring.signing)
    await keepRootToken?.(rootKey.token)
    return { result: rootKey, events: [event] }
  })
  return result
}
