import { type AuthorizedTerms, act } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { resourceOf, snapshotOfRole } from '../../domain/audit/snapshots.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import type { Role } from '../../domain/role.ts'
import { changedSince, ServiceError } from '../../errors.ts'
import { violates } from '../../store/faults.ts'
import { invitationRoleConstraint } from '../../store/invitations.ts'
import { membershipRoleConstraint, setMembershipRevision } from '../../store/memberships.ts'
import { deleteStoredRole, roleUseConstraint } from '../../store/roles.ts'
import { releaseExpired } from '../api-keys/release-expired.ts'
import { releaseExpiredInvitations } from '../invitations/release-expired.ts'
import { releaseLapsed } from '../users/release-lapsed.ts'
import { lockOwnRole, lockRoleOfPrincipal } from './lock.ts'

/**
 * Deletes a role that no live key and no user has, and no open invitation offers. Keys that are
 * revoked or expired do not keep it, nor do people whose mapped role has ended, who are users no
 * longer, nor expired invitations, which are withdrawn. Throws `not_found`, `built_in`, `in_use`,
 * and `precondition_failed` unless the role is as the author expects it.
 */
export async function deleteRole(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  id: string,
  isExpected: (role: Role) => boolean = () => true,
): Promise<void> {
  const now = deps.now()
  let releasedIds: readonly string[] = []
  const terms: AuthorizedTerms = {
    permission: 'role:delete',
    lock: { mode: 'shared', accountId },
    seal: (trx, committed) => setMembershipRevision(trx, releasedIds, committed),
    lockFirst: (trx) => lockRoleOfPrincipal(trx, principal, id, 'delete'),
  }
  await act(deps, principal, terms, async ({ trx, changed }) => {
    const role = await lockOwnRole(trx, accountId, id, 'delete')
    if (!isExpected(role)) throw changedSince('role')
    await releaseExpired(trx, changed, accountId, { roleId: role.id })
    const released = await releaseLapsed(trx, { changed, now }, { accountId, roleId: role.id })
    releasedIds = released.membershipIds
    const withdrawn = await releaseExpiredInvitations(trx, { accountId, roleId: role.id }, now)
    await deleteStoredRole(trx, role.id, now).catch(refuseUsed)
    const event = {
      accountId,
      action: 'role.deleted',
      resource: resourceOf('role', role),
      before: snapshotOfRole(role),
      after: null,
    } as const
    return { result: undefined, events: [...released.events, ...withdrawn, event] }
  })
}

function refuseUsed(error: unknown): never {
  if (violates(error, membershipRoleConstraint)) {
    throw new ServiceError('in_use', 'A user of the account has this role.')
  }
  if (violates(error, invitationRoleConstraint)) {
    throw new ServiceError('in_use', 'An open invitation offers this role. Withdraw it first.')
  }
  if (!violates(error, roleUseConstraint)) throw error
  throw new ServiceError(
    'in_use',
    'A key that is neither revoked nor expired has this role. It may be disabled.',
  )
}
