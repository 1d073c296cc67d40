import { nothingChanged } from '../../acts/audited-transaction.ts'
import { renewAuthority } from '../../acts/authority.ts'
import { type Announce, inChangingTransaction } from '../../acts/changing-transaction.ts'
import type { Deps } from '../../deps.ts'
import { type AuditAction, originOf } from '../../domain/audit/audit-event.ts'
import { differenceOf, resourceOf, snapshotOfApiKey } from '../../domain/audit/snapshots.ts'
import type { ApiKey } from '../../domain/key/api-key.ts'
import type { Principal } from '../../domain/principal.ts'
import type { RevisionRef } from '../../domain/protocol/revision-ref.ts'
import type { KeyFacts } from '../../domain/verdict.ts'
import { invalidRequest, notFound } from '../../errors.ts'
import { lockAccountShared } from '../../store/accounts.ts'
import { findChangedRevision, setChangedRevision } from '../../store/api-key-references.ts'
import { findApiKey, lockApiKey } from '../../store/api-keys.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { lockRoleShared } from '../../store/roles.ts'
import { descriptionFaults } from '../validate-text.ts'
import { requireKeyId } from './key-id.ts'

/** An act on one key: what it needs, why it is done, and what it does to the locked key. */
export interface KeyAct {
  readonly permission: string
  /** What the trail calls it. */
  readonly action: AuditAction
  readonly reason: string | null
  /** Acts, and tells whether anything changed. */
  readonly act: (
    trx: StoreTransaction,
    key: ApiKey,
    author: KeyFacts,
    announce: Announce,
  ) => Promise<boolean>
}

export interface ChangedKey {
  readonly apiKey: ApiKey
  /** The revision of this change; when nothing changed, that of the last change of the key. */
  readonly committed: RevisionRef
}

/**
 * Acts on one key of the account under the lock of its row, by the rights that the principal has
 * then. Returns the key as it is afterwards. Throws `invalid_request`, `not_found`, `outcome_unknown` and what the act throws.
 */
export async function changeApiKey(
  deps: Deps,
  principal: Principal,
  accountId: string,
  idOrHint: string,
  { permission, action, reason, act }: KeyAct,
): Promise<ChangedKey> {
  const faults = descriptionFaults('/reason', reason ?? '')
  if (faults.length > 0) throw invalidRequest(faults)
  const id = requireKeyId(idOrHint)
  const { result, committed } = await inChangingTransaction(
    deps,
    originOf(principal),
    async (trx, announce) => {
      await lockAccountShared(trx, accountId)
      // Whoever acts on their own key takes its row for update at once: if it were shared first, as
      // authority is, two such acts would wait for each other.
      if (id === principal.key.id) await lockApiKey(trx, accountId, id)
      const author = await renewAuthority(deps, trx, principal, permission)
      const key = await lockApiKey(trx, accountId, id)
      if (key === undefined) throw notFound('API key')
      const hasChanged = await act(trx, key, author, announce)
      const earlier = await findChangedRevision(trx, id)
      if (!hasChanged && earlier !== undefined) return nothingChanged({ apiKey: key, earlier })
      announce({ kind: 'key', id })
      if (!hasChanged) return nothingChanged({ apiKey: key, earlier })
      const apiKey = (await findApiKey(trx, id)) ?? key
      // Its row is written once more under the counter, by which PostgreSQL looks for its role again:
      // one who deletes that role must not wait for this chain meanwhile.
      await lockRoleShared(trx, apiKey.role.id)
      const event = {
        accountId,
        action,
        resource: resourceOf('api_key', apiKey),
        ...differenceOf(snapshotOfApiKey(key), snapshotOfApiKey(apiKey)),
        reason,
      }
      return { result: { apiKey, earlier }, events: [event] }
    },
    (trx, sealed) => setChangedRevision(trx, id, sealed),
  )
  const revision = committed ?? result.earlier
  if (revision === undefined) throw new Error('A key was changed without a revision.')
  return { apiKey: { ...result.apiKey, lastChange: revision }, committed: revision }
}
