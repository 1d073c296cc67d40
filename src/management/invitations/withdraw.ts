import { type Acted, act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { statusOfInvitation } from '../../domain/invitation/invitation.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { withdrawInvitations } from '../../store/invitations.ts'
import { invitationWithdrawn } from './events.ts'
import { requireInvitation, requireUnended } from './get.ts'
import { invitingTerms } from './sending.ts'

/**
 * Withdraws an invitation: its link opens nothing any more. A repeat changes nothing. Throws
 * `not_found`, and `invitation_ended` for one that was redeemed.
 */
export async function withdraw(
  deps: ActDeps,
  principal: CallerPrincipal,
  accountId: string,
  idText: string,
): Promise<void> {
  const now = deps.now()
  await act(
    deps,
    principal,
    invitingTerms(accountId),
    async ({ trx }): Promise<Acted<undefined>> => {
      const invitation = await requireInvitation(trx, accountId, idText)
      const status = statusOfInvitation(invitation, now)
      if (status === 'withdrawn') return nothingChanged(undefined)
      requireUnended(status)
      await withdrawInvitations(trx, [invitation.id], now)
      return { result: undefined, events: [invitationWithdrawn(invitation, now)] }
    },
  )
}
