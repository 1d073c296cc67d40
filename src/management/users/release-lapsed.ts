import type { Announce } from '../../acts/act.ts'
import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { endLapsedMemberships, findUsersOf } from '../../store/memberships.ts'
import { lockLapsedMemberships } from '../../store/role-holders.ts'
import { userRemoved } from './events.ts'

/** What became of the people whose mapped time with a role is over. */
export interface ReleasedUsers {
  readonly membershipIds: readonly string[]
  readonly events: readonly AuditDraft[]
}

/** Why the log has the removal of a person whom nobody removed. */
const reason = 'The mapped role of the user had ended, and the role was deleted.'

/**
 * Takes a role that is deleted from the people whose mapped time with it is over. Each is
 * announced: an instance whose clock is behind may still accept their sessions. No JWT of theirs
 * ends by it, and they can still be removed with their keys.
 */
export async function releaseLapsed(
  trx: StoreTransaction,
  { changed, now }: { readonly changed: Announce; readonly now: Date },
  role: { readonly accountId: string; readonly roleId: string },
): Promise<ReleasedUsers> {
  const membershipIds = await lockLapsedMemberships(trx, role.accountId, role.roleId)
  if (membershipIds.length === 0) return { membershipIds, events: [] }
  const users = await findUsersOf(trx, membershipIds)
  await endLapsedMemberships(trx, membershipIds, now)
  for (const { person } of users) changed({ kind: 'user', id: person.id })
  return { membershipIds, events: users.map((user) => userRemoved(user, reason)) }
}
