import { type Explanation, explain } from '../../domain/explanation.ts'
import type { Address } from '../../domain/network/address.ts'
import { addressSetOf } from '../../domain/network/address-set.ts'
import { rangesOf } from '../../domain/network/allow-list.ts'
import { notFound } from '../../errors.ts'
import { findListsOfKey } from '../../store/allow-lists.ts'
import { findKeyFacts } from '../../store/credentials.ts'
import type { ManagementDeps } from '../deps.ts'
import { requireKeyId } from './key-id.ts'

/** What to explain: an attempt with a valid token of the key, at a moment. */
export interface ExplainRequest {
  readonly address: Address | undefined
  readonly permissions: readonly string[]
  readonly at: Date
}

/**
 * Explains the verdict on a key by the present state of the database, at the given moment: only the
 * expiry depends on the moment. Throws `not_found`.
 */
export async function explainApiKey(
  deps: Pick<ManagementDeps, 'currentReads'>,
  accountId: string,
  idOrHint: string,
  { address, permissions, at }: ExplainRequest,
): Promise<Explanation> {
  const keyId = requireKeyId(idOrHint)
  const found = await deps.currentReads.read(async (db) => {
    const facts = await findKeyFacts(db, accountId, keyId)
    return facts && { facts, lists: await findListsOfKey(db, facts.id) }
  })
  if (found === undefined) throw notFound('API key')
  const { facts, lists } = found
  // Judged by the lists that are shown, in case one is edited between the two reads.
  const addresses = addressSetOf(rangesOf(lists.flatMap(({ entries }) => entries)))
  const key = { ...facts, addresses }
  return explain(key, lists, { address, permissions, accountId }, at)
}
