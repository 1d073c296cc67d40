import { foldEmail } from '../../domain/invitation/email-address.ts'
import { type Invitation, statusOfInvitation } from '../../domain/invitation/invitation.ts'
import { findInvitationOf } from '../../store/invitations.ts'
import type { ManagementDeps } from '../deps.ts'

/** The invitation of an e-mail address that can still be redeemed. */
export async function findInvitationByEmail(
  deps: Pick<ManagementDeps, 'longReads' | 'now'>,
  accountId: string,
  email: string,
): Promise<Invitation | undefined> {
  const folded = foldEmail(email)
  const found = await deps.longReads.run((db) => findInvitationOf(db, accountId, folded))
  const isOpen = found !== undefined && statusOfInvitation(found, deps.now()) === 'open'
  return isOpen ? found : undefined
}
