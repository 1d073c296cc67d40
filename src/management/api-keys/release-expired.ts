import type { Announce } from '../../acts/act.ts'
import {
  type ReferenceFilter,
  releaseExpired as releaseStored,
} from '../../store/api-key-references.ts'
import type { StoreTransaction } from '../../store/database.ts'

/**
 * Takes a name, a role or an allow list from the expired keys that still hold it. Each key is
 * announced: an instance whose clock is behind may have cached the key, and applies by the change
 * that the key has expired for good.
 */
export async function releaseExpired(
  trx: StoreTransaction,
  changed: Announce,
  accountId: string,
  references: ReferenceFilter,
): Promise<void> {
  for (const id of await releaseStored(trx, accountId, references)) changed({ kind: 'key', id })
}
