import { type Acted, act, type CommittedAct, nothingChanged } from '../../acts/act.ts'
import { mayGrant, requireGrantable, requirePermission } from '../../acts/authority.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { differenceOf, resourceOf, snapshotOfAllowList } from '../../domain/audit/snapshots.ts'
import { maxEntriesPerKey } from '../../domain/limits.ts'
import { type AllowList, distinctEntries, widens } from '../../domain/network/allow-list.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import type { RevisionRef } from '../../domain/protocol/revision-ref.ts'
import type { Rights } from '../../domain/rights.ts'
import { changedSince, invalidRequest } from '../../errors.ts'
import { maxEntriesOfKeysWith, permissionsReachedThrough } from '../../store/allow-list-uses.ts'
import { updateAllowList as updateStored } from '../../store/allow-lists.ts'
import { findLatestRevision } from '../../store/changes.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { lockFreeAllowList } from './lock.ts'
import {
  type AllowListRequest,
  allowListFaults,
  refuseTakenName,
  tooManyEntries,
} from './validate-allow-list.ts'

/**
 * Changes the given fields of an allow list, and so the reach of the keys that use it. An author
 * who adds addresses must hold all permissions of those keys; an author who removes addresses must
 * hold them too, or may disable keys. Throws `invalid_request`, `not_found`, `escalation`,
 * `permission_denied`, `name_taken`, and `precondition_failed` unless the list is as the author
 * expects it.
 */
export async function updateAllowList(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  id: string,
  request: Partial<AllowListRequest>,
  isExpected: (before: AllowList) => boolean,
): Promise<CommittedAct<AllowList>> {
  const faults = allowListFaults({ name: 'unchanged', description: '', entries: [], ...request })
  if (faults.length > 0) throw invalidRequest(faults)
  const entries = request.entries && distinctEntries(request.entries)
  // No concurrent act changes which keys use the list, or what those keys may do.
  const lock = { mode: 'exclusive', accountId } as const
  const terms = { permission: 'allow_list:update', lock }
  const { result, committed } = await act(
    deps,
    principal,
    terms,
    async ({ trx, author, changed }): Promise<Acted<Outcome>> => {
      const before = await lockFreeAllowList(trx, author, accountId, id)
      if (!isExpected(before)) throw changedSince('allow list')
      const after = { ...before, ...request, ...(entries && { entries }) }
      const permissions = await permissionsReachedThrough(trx, accountId, before.id)
      // A list that no live key uses grants nothing, and restricts nobody.
      if (permissions !== undefined) requireMayChange(author, before, after, permissions)
      if (isSame(before, after)) {
        return nothingChanged({ list: before, unchangedSince: await findLatestRevision(trx) })
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
      return { result: { list, unchangedSince: undefined }, events: [event] }
    },
  )
  return { result: result.list, committed: committed ?? result.unchangedSince }
}

interface Outcome {
  readonly list: AllowList
  /** If nothing changed: a revision by which every instance knows the list as it is. */
  readonly unchangedSince: RevisionRef | undefined
}

function isSame(before: AllowList, after: AllowList): boolean {
  return (
    after.name === before.name &&
    after.description === before.description &&
    after.entries.join() === before.entries.join()
  )
}

/**
 * Throws `escalation` unless the author holds what added addresses grant, and `permission_denied`
 * for removed ones unless the author could add them again or may disable keys: a key that cannot be
 * used from where it is used is as good as disabled.
 */
function requireMayChange(
  author: Rights,
  before: AllowList,
  after: AllowList,
  permissions: readonly string[],
): void {
  const grant = { permissions, reach: 'allow_lists', allowListIds: [before.id] } as const
  if (widens(before.entries, after.entries)) requireGrantable(author, grant)
  if (!widens(after.entries, before.entries) || mayGrant(author, grant)) return
  requirePermission(author, 'api_key:disable')
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
