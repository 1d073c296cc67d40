import { type ActContext, type Acted, act, nothingChanged } from '../acts/act.ts'
import { newId } from '../acts/ids.ts'
import type { Account } from '../domain/account.ts'
import type { Catalogue } from '../domain/permission.ts'
import { system } from '../domain/principal.ts'
import { deriveTagKey } from '../domain/token/tag.ts'
import { accountCreated } from '../management/accounts/create.ts'
import { insertBuiltInRoles } from '../management/roles/built-in-roles.ts'
import { insertAccount } from '../store/accounts.ts'
import { putCatalogue } from '../store/catalogue.ts'
import type { Database } from '../store/database.ts'
import { insertTagKey } from '../store/tag-keys.ts'
import { insertRootKey, type RootKey, type RootKeyDeps } from './root-key.ts'
import { createSignInLink } from './sign-in-link.ts'
import { withoutCache } from './without-cache.ts'

export interface BootstrapOptions {
  readonly catalogue: Catalogue
  /**
   * Stores the root token for its owner. Runs before the commit, so that no root key exists whose
   * token nobody has. Absent: no root key is created.
   */
  readonly keepRootToken?: (token: string) => Promise<void>
  /** Issues a link that signs in to the console as the root key, if one is created. */
  readonly issuesSignInLink?: boolean
}

export type Bootstrapped =
  | { readonly first: false }
  | { readonly first: true; readonly rootKey: RootKey | undefined }

/**
 * Creates what an empty database needs, in one transaction: the platform account, its roles, a tag
 * key and, if its token can be stored, one root key. Of several instances that start at once, one
 * bootstraps; the others wait and find the account.
 */
export async function bootstrap(
  deps: RootKeyDeps,
  db: Database,
  options: BootstrapOptions,
): Promise<Bootstrapped> {
  const fill = async ({ trx }: ActContext<undefined>): Promise<Acted<Bootstrapped>> => {
    const now = deps.now()
    const wanted: Account = {
      id: newId(deps),
      name: 'platform',
      platform: true,
      projectId: newId(deps),
      createdAt: now,
    }
    const platform = await insertAccount(trx, wanted)
    if (platform === undefined) return nothingChanged({ first: false })
    await putCatalogue(trx, options.catalogue, now)
    const [admin] = await insertBuiltInRoles(deps, trx, platform, options.catalogue, now)
    const tagKey = { id: newId(deps), key: deps.randomBytes(32), signs: true, now }
    await insertTagKey(trx, tagKey)
    if (options.keepRootToken === undefined || admin === undefined) {
      return { result: { first: true, rootKey: undefined }, events: [accountCreated(platform)] }
    }
    const signing = deriveTagKey(tagKey.id, tagKey.key)
    const { rootKey, event } = await insertRootKey(deps, trx, platform, admin.id, signing)
    await options.keepRootToken(rootKey.token)
    const events = [accountCreated(platform), event]
    if (options.issuesSignInLink !== true) return { result: { first: true, rootKey }, events }
    const linked = { accountId: platform.id, apiKeyId: rootKey.id, generation: 1 }
    const { secret, event: linkIssued } = await createSignInLink(deps, trx, linked, signing)
    return {
      result: { first: true, rootKey: { ...rootKey, signInSecret: secret } },
      events: [...events, linkIssued],
    }
  }
  return (await act(withoutCache(deps, db), system, {}, fill)).result
}
