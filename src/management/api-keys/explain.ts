import { type EntryMatch, type Explanation, explain, matchesOf } from '../../domain/explanation.ts'
import type { Address } from '../../domain/network/address.ts'
import { addressSetOf } from '../../domain/network/address-set.ts'
import { rangesOf } from '../../domain/network/allow-list.ts'
import { notFound } from '../../errors.ts'
import { findListTextsOfKey, type ListText } from '../../store/allow-list-uses.ts'
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
  deps: Pick<ManagementDeps, 'currentReads' | 'turns'>,
  accountId: string,
  idOrHint: string,
  { address, permissions, at }: ExplainRequest,
): Promise<Explanation> {
  const keyId = requireKeyId(idOrHint)
  const found = await deps.currentReads.read(
    async (db) => {
      const facts = await findKeyFacts(db, accountId, keyId)
      return facts && { facts, lists: await findListTextsOfKey(db, facts.id) }
    },
    (key) => key !== undefined,
  )
  if (found === undefined) throw notFound('API key')
  const { facts, lists } = found
  const matches = address === undefined ? [] : await matchInTurns(deps, accountId, lists, address)
  // Judged by the lists that are shown. One entry that covers the address allows it.
  const addresses = addressSetOf(rangesOf(matches.slice(0, 1).map(({ entry }) => entry)))
  return explain({ ...facts, addresses }, matches, { address, permissions, accountId }, at)
}

/** A list at a time: the 10,000 entries that a key of an earlier version may have take 50 ms. */
async function matchInTurns(
  { turns }: Pick<ManagementDeps, 'turns'>,
  accountId: string,
  lists: readonly ListText[],
  address: Address,
): Promise<EntryMatch[]> {
  const each = lists.map((list) =>
    turns.run(accountId, () => matchesOf({ ...list, entries: list.entries.split(' ') }, address)),
  )
  return (await Promise.all(each)).flat()
}
