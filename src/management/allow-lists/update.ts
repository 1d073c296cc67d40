import { act, type CommittedAct } from '../../acts/act.ts'
import { requireGrantable } from '../../acts/authority.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { differenceOf, resourceOf, snapshotOfAllowList } from '../../domain/audit/snapshots.ts'
import { maxEntriesPerKey } from '../../domain/limits.ts'
import { type AllowList, widens } from '../../domain/network/allow-list.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { invalidRequest } from '../../errors.ts'
import {
  maxEntriesOfKeysWith,
  permissionsReachedThrough,
  updateAllowList as updateStored,
} from '../../store/allow-lists.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { lockFreeAllowList } from './lock.ts'
import { tooManyEntries } from './too-many-entries.ts'
import { type AllowListRequest, allowListFaults, refuseTakenName } from './validate-allow-list.ts'

/**
 * Changes the given fields of an allow list, and so the reach of the keys that use it. An author
 * who adds addresses must hold all permissions of those keys. Throws `invalid_request`,
 * `not_found`, `escalation`, `name_taken`.
 */
export async function updateAllowList(
  deps: ActDeps,
  principal: KeyPrincipal,
  accountId: string,
  id: string,
  request: Partial<AllowListRequest>,
): Promise<CommittedAct<AllowList>> {
  const faults = allowListFaults({ name: 'unchanged', description: '', entries: [], ...request })
  if (faults.length > 0) throw invalidRequest(faults)
  // No concurrent act changes which keys use the list, or what those keys may do.
  const lock = { mode: 'exclusive', accountId } as const
  const terms = { permission: 'allow_list:update', lock }
  return act(deps, principal, terms, async ({ trx, author, changed }) => {
    const before = await lockFreeAllowList(trx, author, accountId, id)
    const after = { ...before, ...request }
    if (widens(before.entries, after.entries)) {
      const permissions = await permissionsReachedThrough(trx, accountId, before.id)
      // A list that no live key uses grants nothing.
      if (permissions !== undefined) {
        requireGrantable(author, { permissions, reach: 'allow_lists', allowListIds: [before.id] })
      }
    }
    await requireFewEntries(trx, before, after)
    changed({ kind: 'account', id: accountId })
    const list = await updateStored(trx, after, deps.now()).catch(refuseTakenName)
    const event = {
      accountId,
      action: 'allow_list.updated',
      resource: resourceOf('allow_list', list),
      ...differenceOf(snapshotOfAllowList(before), snapshotOfAllowList(list)),
    } as const
    return { result: list, events: [event] }
  })
}

/** Throws `invalid_request` when a key would have too many entries, and more than it has now. */
async function requireFewEntries(
  trx: StoreTransaction,
  before: AllowList,
  after: AllowList,
): Promise<void> {
  const added = after.entries.length - before.entries.length
  if (added <= 0) return
  const most = await maxEntriesOfKeysWith(trx, before.accountId, before.id)
  if (most + added <= maxEntriesPerKey) return
  throw invalidRequest([tooManyEntries('/entries', most + added)])
}
