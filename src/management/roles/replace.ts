import {
  type Acted,
  type AuthorizedTerms,
  act,
  type CommittedAct,
  nothingChanged,
} from '../../acts/act.ts'
import { requireGrantable } from '../../acts/authority.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { differenceOf, resourceOf, snapshotOfRole } from '../../domain/audit/snapshots.ts'
import type { Catalogue } from '../../domain/permission.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import type { RevisionRef } from '../../domain/protocol/revision-ref.ts'
import type { Rights } from '../../domain/rights.ts'
import type { Role } from '../../domain/role.ts'
import { changedSince, ServiceError } from '../../errors.ts'
import { isPlatformAccount } from '../../store/accounts.ts'
import { isRoleUsedBeyond } from '../../store/api-key-references.ts'
import { findLatestRevision } from '../../store/changes.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { hasUsers } from '../../store/role-holders.ts'
import { type RoleValues, type RoleWithEffects, updateRole } from '../../store/roles.ts'
import { requireLockedCatalogue } from './catalogue.ts'
import { lockOwnRole, lockRoleOfPrincipal } from './lock.ts'
import { allOf, type RoleRequest, refuseTakenName, validateRole } from './validate-role.ts'

/**
 * The new values of a role, computed from its present ones while no other act can change the role.
 */
export type Revise = (before: Role, catalogue: Catalogue) => RoleRequest

/**
 * Replaces a role, and so the permissions of the keys that have it. The author must hold all
 * permissions that the role had before and has after. Throws `invalid_request`, `not_found`,
 * `built_in`, `escalation`, `name_taken`, and `precondition_failed` unless the role is as the
 * author expects it.
 */
export async function replaceRole(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  id: string,
  request: RoleRequest | Revise,
  isExpected: (before: Role) => boolean = () => true,
): Promise<CommittedAct<RoleWithEffects>> {
  const terms: AuthorizedTerms = {
    permission: 'role:update',
    // No concurrent act gives the role to a key, or a wider reach to a key that has the role.
    lock: { mode: 'exclusive', accountId },
    lockFirst: (trx) => lockRoleOfPrincipal(trx, principal, id, 'edit'),
  }
  const { result, committed } = await act(
    deps,
    principal,
    terms,
    async (context): Promise<Acted<Outcome>> => {
      const { trx, author, changed } = context
      const before = await lockOwnRole(trx, accountId, id, 'edit')
      if (!isExpected(before)) throw changedSince('role')
      const platform = await isPlatformAccount(trx, accountId)
      const catalogue = await requireLockedCatalogue(trx)
      const wanted = typeof request === 'function' ? request(before, catalogue) : request
      const values = validateRole(wanted, catalogue, platform)
      const after = allOf(values.effective, author)
      requireGrantable(author, {
        ...after,
        permissions: [...new Set([...before.effective, ...after.permissions])].sort(),
      })
      await requireReachOfUsers(trx, accountId, author, before, after.permissions)
      if (isSame(before, values)) {
        return nothingChanged({
          role: { ...before, effective: after.permissions },
          unchangedSince: await findLatestRevision(trx),
        })
      }
      changed({ kind: 'account', id: accountId })
      const role = await updateRole(trx, before.id, values, deps.now()).catch(refuseTakenName)
      const event = {
        accountId,
        action: 'role.updated',
        resource: resourceOf('role', role),
        ...differenceOf(snapshotOfRole(before), snapshotOfRole(role)),
      } as const
      const replaced = { ...role, effective: after.permissions }
      return { result: { role: replaced, unchangedSince: undefined }, events: [event] }
    },
  )
  return { result: result.role, committed: committed ?? result.unchangedSince }
}

interface Outcome {
  readonly role: RoleWithEffects
  /** If nothing changed: a revision by which every instance knows the role as it is. */
  readonly unchangedSince: RevisionRef | undefined
}

/** A catalogue that was replaced since may give the same permissions other effects. */
function isSame(before: RoleWithEffects, { effective, ...after }: RoleValues): boolean {
  return (
    after.name === before.name &&
    after.description === before.description &&
    after.permissions.join() === before.permissions.join() &&
    sorted([...effective.account, ...effective.platform]) === sorted(before.effective)
  )
}

function sorted(permissions: readonly string[]): string {
  return permissions.toSorted().join()
}

/**
 * A permission that is added to a role can be used from wherever its keys and users act: an
 * author restricted by allow lists may not extend it beyond them.
 */
async function requireReachOfUsers(
  trx: StoreTransaction,
  accountId: string,
  author: Rights,
  before: RoleWithEffects,
  permissions: readonly string[],
): Promise<void> {
  if (author.reach === 'anywhere') return
  if (permissions.every((name) => before.effective.includes(name))) return
  const isUsed =
    (await hasUsers(trx, accountId, before.id)) ||
    (await isRoleUsedBeyond(trx, accountId, before.id, author.allowListIds))
  if (!isUsed) return
  throw new ServiceError(
    'escalation',
    'An API key restricted by allow lists cannot add permissions to a role whose keys or users act from other addresses.',
  )
}
