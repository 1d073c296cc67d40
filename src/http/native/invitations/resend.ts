import { rightsOf } from '../../../domain/principal.ts'
import { resend } from '../../../management/invitations/resend.ts'
import type { ConsoleSettings } from '../../api-settings.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { requireRedeemable } from '../../mail/invitation-link.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { invitationParams, SentInvitationAnswer } from '../shapes/invitation.ts'
import { toSentInvitation } from './sent-invitation.ts'

export function resendInvitationRoute(
  app: App,
  deps: ControlPlaneDeps,
  console: ConsoleSettings | undefined,
): void {
  app.post(
    '/v1/accounts/:account_id/invitations/:id/resend',
    {
      config: { access: { permission: 'account_user:invite' } },
      schema: {
        operationId: 'resendInvitation',
        tags: ['Users'],
        summary: 'Send an invitation again',
        description:
          'Makes a new link, which works for 24 hours. The previous link stops working, and the caller becomes the inviter. Fails with `invitation_ended` if the invitation was redeemed or withdrawn.',
        params: invitationParams,
        response: responses(
          { 200: ref(SentInvitationAnswer) },
          { body: true, problems: [404, 409] },
        ),
      },
    },
    async ({ principal, params, log }) => {
      const site = requireRedeemable(deps, console)
      const sent = await resend(deps, principal, params.account_id, params.id)
      const { id } = sent.invitation
      log.info({ act: 'resend', invitation_id: id, by: rightsOf(principal).id }, 'invitation sent')
      return toSentInvitation(deps, site, sent, principal)
    },
  )
}
