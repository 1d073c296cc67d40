import type { AuditDeps } from '../acts/deps.ts'
import { newId } from '../acts/ids.ts'
import type { Account } from '../domain/account.ts'
import type { AuditDraft } from '../domain/audit/audit-event.ts'
import { actorOf, system } from '../domain/principal.ts'
import type { TagKey } from '../domain/token/tag.ts'
import { apiKeyIssued } from '../management/api-keys/issue.ts'
import { mintToken } from '../management/api-keys/mint.ts'
import type { ManagementDeps } from '../management/deps.ts'
import { findApiKey, insertApiKey } from '../store/api-keys.ts'
import { insertCredential } from '../store/credentials.ts'
import type { StoreTransaction } from '../store/database.ts'

/** What a root key needs. */
export type RootKeyDeps = AuditDeps & Pick<ManagementDeps, 'hasher' | 'tokenPrefix'>

export interface RootKey {
  readonly id: string
  readonly name: string
  readonly token: string
  /** The secret of a link that signs in as the key; absent: no link was asked for. */
  readonly signInSecret?: string
}

export interface NewRootKey {
  readonly rootKey: RootKey
  /** The event of the issue. */
  readonly event: AuditDraft
}

/**
 * Inserts a key of the platform account with every permission, usable from anywhere, that never
 * expires.
 */
export async function insertRootKey(
  deps: RootKeyDeps,
  trx: StoreTransaction,
  platform: Account,
  adminRoleId: string,
  tagKey: TagKey,
): Promise<NewRootKey> {
  const now = deps.now()
  const id = newId(deps)
  // An operator who lost the root token issues another; the names differ by time.
  const name = `root ${now.toISOString()}`
  const { tokenPrefix } = deps
  const minting = { ...deps, keyring: { signing: tagKey } }
  const { token, credential } = await mintToken(minting, {
    id,
    accountId: platform.id,
    tokenPrefix,
  })
  await insertApiKey(trx, {
    id,
    accountId: platform.id,
    name,
    description: 'May do everything, in every account.',
    roleId: adminRoleId,
    reach: 'anywhere',
    allowListIds: [],
    tokenPrefix,
    createdAt: now,
    createdBy: actorOf(system),
    expiresAt: null,
  })
  await insertCredential(trx, { ...credential, generation: 1, createdAt: now })
  const apiKey = await findApiKey(trx, id)
  if (apiKey === undefined) throw new Error('An inserted key was not found.')
  return { rootKey: { id, name, token }, event: apiKeyIssued(apiKey) }
}
