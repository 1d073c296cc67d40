import { type Acted, type AuthorizedTerms, act, nothingChanged } from '../../acts/act.ts'
import { requireGrantable } from '../../acts/authority.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { grantToPerson } from '../../domain/grant.ts'
import type { User } from '../../domain/person/user.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import type { RevisionRef } from '../../domain/protocol/revision-ref.ts'
import { notFound, ServiceError } from '../../errors.ts'
import { findLatestRevision } from '../../store/changes.ts'
import { findUser, setMembershipRevision, setRole } from '../../store/memberships.ts'
import { requireRoleAndLists } from '../api-keys/require-references.ts'
import { userUpdated } from './events.ts'
import {
  lockNamedUser,
  requireAnotherAdmin,
  requireOther,
  requireRoleOf,
  type UserName,
} from './user-rules.ts'

export interface ChangedUser {
  readonly user: User
  /** The revision by which every instance knows the user as it is. */
  readonly committed: RevisionRef
}

/**
 * Gives a user of the account another role. The author must hold everything that either role
 * allows: taking a right is as much as giving it. The exclusive lock of the account lets one such
 * act at a time judge who remains. Throws `invalid_request`, `not_found`, `escalation`, `own_role`,
 * `mapped_role`, `last_admin`.
 */
export async function changeRole(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  name: UserName,
  wanted: string,
): Promise<ChangedUser> {
  requireOther(principal, name)
  let membershipId: string | undefined
  const terms: AuthorizedTerms = {
    permission: 'account_user:update',
    lock: { mode: 'exclusive', accountId },
    seal: async (trx, committed) => {
      if (membershipId !== undefined) await setMembershipRevision(trx, [membershipId], committed)
    },
  }
  const { result, committed } = await act(
    deps,
    principal,
    terms,
    async ({ trx, author, changed }): Promise<Acted<Outcome>> => {
      const user = await lockNamedUser(trx, principal, accountId, name)
      const { id } = user.person
      if (user.removedAt !== null) throw notFound('user')
      if (user.mappedUntil !== null) throw isMapped()
      membershipId = user.membershipId
      const before = await requireRoleOf(trx, user)
      const after = await requireRoleAndLists(trx, accountId, { role: wanted, allowListIds: [] })
      const either = [...new Set([...before.effective, ...after.effective])].sort()
      requireGrantable(author, grantToPerson(either))
      if (before.id === after.id) {
        const unchangedSince = user.lastChange ?? (await findLatestRevision(trx))
        return nothingChanged({ user, unchangedSince })
      }
      await requireAnotherAdmin(trx, user, before, after)
      await setRole(trx, user.membershipId, { roleId: after.id, mappedUntil: null }, deps.now())
      changed({ kind: 'user', id })
      const present = await findUser(trx, accountId, id)
      if (present === undefined) throw new Error('A changed user was not found.')
      return {
        result: { user: present, unchangedSince: undefined },
        events: [userUpdated(user, present)],
      }
    },
  )
  const revision = committed ?? result.unchangedSince
  if (revision === undefined) throw new Error('A user was changed without a revision.')
  return { user: result.user, committed: revision }
}

interface Outcome {
  readonly user: User
  /** If nothing changed. */
  readonly unchangedSince: RevisionRef | undefined
}

function isMapped(): ServiceError {
  return new ServiceError(
    'mapped_role',
    'The role follows from claims of the provider: change it there, or in the file of the deployment.',
  )
}
