import { type Acted, act } from '../../acts/act.ts'
import { requireGrantable } from '../../acts/authority.ts'
import { grantToPerson } from '../../domain/grant.ts'
import { statusOfInvitation } from '../../domain/invitation/invitation.ts'
import { maxOpenInvitations } from '../../domain/limits.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { countOpenInvitations, sendAgain } from '../../store/invitations.ts'
import { requireRoleAndLists } from '../api-keys/require-references.ts'
import type { ManagementDeps } from '../deps.ts'
import { invitationResent } from './events.ts'
import { requireInvitation, requireUnended } from './get.ts'
import { type SentInvitation, tooManyInvitations } from './invite.ts'
import { invitingTerms, newSending } from './sending.ts'

/**
 * Gives an invitation another link, which works for 24 hours, also after the one before has
 * expired. The link before is dead, and who sends is the inviter from then on. Throws `not_found`,
 * `invitation_ended`, `invitation_limit`, `escalation`.
 */
export async function resend(
  deps: ManagementDeps,
  principal: CallerPrincipal,
  accountId: string,
  idText: string,
): Promise<SentInvitation> {
  const { result } = await act(
    deps,
    principal,
    invitingTerms(accountId),
    async ({ trx, author }): Promise<Acted<SentInvitation>> => {
      const before = await requireInvitation(trx, accountId, idText)
      const { secret, ...sending } = newSending(deps, principal, before.id)
      const status = statusOfInvitation(before, sending.sentAt)
      requireUnended(status)
      const wanted = { role: before.role.id, allowListIds: [] }
      const role = await requireRoleAndLists(trx, accountId, wanted)
      requireGrantable(author, grantToPerson(role.effective))
      const others = await countOpenInvitations(trx, accountId, sending.sentAt)
      if (status === 'expired' && others >= maxOpenInvitations) throw tooManyInvitations()
      await sendAgain(trx, before.id, sending)
      const { inviter, invitedBy, sentAt, expiresAt } = sending
      const invitation = { ...before, inviter, invitedBy, sentAt, expiresAt }
      return { result: { invitation, secret }, events: [invitationResent(before, invitation)] }
    },
  )
  return result
}
