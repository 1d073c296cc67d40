import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { findExpiredInvitations, withdrawInvitations } from '../../store/invitations.ts'
import { invitationWithdrawn } from './events.ts'

/** Withdraws the expired invitations that offer a role, so that it can be deleted. */
export async function releaseExpiredInvitations(
  trx: StoreTransaction,
  role: { readonly accountId: string; readonly roleId: string },
  now: Date,
): Promise<readonly AuditDraft[]> {
  const expired = await findExpiredInvitations(trx, role)
  const ids = expired.map(({ id }) => id)
  await withdrawInvitations(trx, ids, now)
  return expired.map((invitation) => invitationWithdrawn(invitation, now))
}
