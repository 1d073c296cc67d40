import type { Announce } from '../../acts/changing-transaction.ts'
import {
  type ReferenceFilter,
  releaseExpired as releaseStored,
} from '../../store/api-key-references.ts'
import type { StoreTransaction } from '../../store/database.ts'

/**
 * Takes a name, a role or a list from the expired keys that still hold it. Each is announced: an instance
 * whose clock is behind may have it in memory, and learns that it has expired for good.
 */
export async function releaseExpired(
  trx: StoreTransaction,
  announce: Announce,
  accountId: string,
  holding: ReferenceFilter,
): Promise<void> {
  for (const id of await releaseStored(trx, accountId, holding)) announce({ kind: 'key', id })
}
