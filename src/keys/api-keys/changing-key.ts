import type { Deps } from '../../deps.ts'
import type { ApiKey } from '../../domain/api-key.ts'
import type { Principal } from '../../domain/principal.ts'
import type { KeyFacts } from '../../domain/verdict.ts'
import { invalidRequest, notFound } from '../../errors.ts'
import { findApiKey, lockApiKey } from '../../store/api-keys.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { renewAuthority } from '../authority.ts'
import { inChangingTransaction } from '../changing.ts'
import { descriptionFaults } from '../text-faults.ts'
import { requireKeyId } from './key-id.ts'

/** An act on one key: what it needs, why it is done, and what it does to the locked key. */
export interface KeyAct {
  readonly permission: string
  readonly reason: string | null
  /** Acts, and tells whether anything changed. */
  readonly act: (trx: StoreTransaction, key: ApiKey, author: KeyFacts) => Promise<boolean>
}

/**
 * Acts on one key of the account under the lock of its row, by the rights that the principal has
 * then. Returns the key as it is afterwards. Throws `invalid_request`, `not_found` and what the act throws.
 */
export async function changeApiKey(
  deps: Deps,
  principal: Principal,
  accountId: string,
  idOrHint: string,
  { permission, reason, act }: KeyAct,
): Promise<ApiKey> {
  const faults = descriptionFaults('/reason', reason ?? '')
  if (faults.length > 0) throw invalidRequest(faults)
  const id = requireKeyId(idOrHint)
  return inChangingTransaction(deps, async (trx, announce) => {
    // Whoever acts on their own key takes its row for update at once: if it were shared first, as
    // authority is, two such acts would wait for each other.
    if (id === principal.key.id) await lockApiKey(trx, accountId, id)
    const author = await renewAuthority(deps, trx, principal, permission)
    const key = await lockApiKey(trx, accountId, id)
    if (key === undefined) throw notFound('API key')
    if (!(await act(trx, key, author))) return key
    announce({ kind: 'key', id })
    return (await findApiKey(trx, id)) ?? key
  })
}
