import { type Acted, nothingChanged } from '../acts/audited-transaction.ts'
import { type Announce, inChangingTransaction } from '../acts/changing-transaction.ts'
import type { Deps } from '../deps.ts'
import { systemOrigin } from '../domain/audit/audit-event.ts'
import { differenceOf, resourceOf, snapshotOfApiKey } from '../domain/audit/snapshots.ts'
import { type Attempt, judge, type Verdict } from '../domain/verdict.ts'
import { setChangedRevision } from '../store/api-key-references.ts'
import { findApiKey, lockApiKey } from '../store/api-keys.ts'
import { lockKeyFacts } from '../store/credentials.ts'
import type { StoreTransaction } from '../store/database.ts'
import { recordFirstUse, retireOlderCredentials } from '../store/first-uses.ts'
import { untilItWins } from '../store/retry.ts'
import type { CachedCredential } from './credential-cache.ts'

/** Whether a verdict is the first use ever of its credential, which is recorded before anybody learns of it. */
export function isFirstUse({ isUsed }: CachedCredential, verdict: Verdict): boolean {
  return verdict.valid && !isUsed
}

/**
 * Records that a credential is used for the first time, before anybody learns of it. If the rotation that
 * made it said so, that is also when those before it end, now or soon: decided here, in one transaction,
 * and a change like any other. False: it was used or ended meanwhile, or is denied now; whoever wanted to
 * answer judges again.
 */
export function recordUse(
  deps: Deps,
  { facts, retiresOlder }: CachedCredential,
  attempt: Attempt,
): Promise<boolean> {
  const { id, generation } = facts
  if (!retiresOlder) {
    return untilItWins(() => recordFirstUse(deps.db, id, generation, deps.now()))
  }
  return inChangingTransaction(
    deps,
    systemOrigin,
    (trx, announce) => retire(deps, trx, announce, facts, attempt),
    (trx, sealed) => setChangedRevision(trx, id, sealed),
  ).then(({ result }) => result)
}

async function retire(
  deps: Deps,
  trx: StoreTransaction,
  announce: Announce,
  { id, accountId, generation }: CachedCredential['facts'],
  attempt: Attempt,
): Promise<Acted<boolean>> {
  const key = await lockApiKey(trx, accountId, id)
  const facts = await lockKeyFacts(trx, id, generation)
  const now = deps.now()
  if (key === undefined || facts === undefined) return nothingChanged(false)
  // What ends the older one is a valid verdict, not a try.
  if (!judge(facts, attempt, now).valid) return nothingChanged(false)
  if (!(await recordFirstUse(trx, id, generation, now))) return nothingChanged(false)
  if (!(await retireOlderCredentials(trx, id, generation, now))) return nothingChanged(true)
  announce({ kind: 'key', id })
  const after = (await findApiKey(trx, id)) ?? key
  const event = {
    accountId,
    action: 'api_key.updated',
    resource: resourceOf('api_key', after),
    ...differenceOf(snapshotOfApiKey(key), snapshotOfApiKey(after)),
  } as const
  return { result: true, events: [event] }
}
