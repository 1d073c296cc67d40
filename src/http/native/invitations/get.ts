import { getInvitation } from '../../../management/invitations/get.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { InvitationAnswer, invitationParams, toInvitationBody } from '../shapes/invitation.ts'

export function getInvitationRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/invitations/:id',
    {
      config: { access: { permission: 'account_user:read' } },
      schema: {
        operationId: 'getInvitation',
        tags: ['Users'],
        summary: 'Get an invitation',
        description:
          'Returns an invitation, also one that was redeemed or withdrawn, until 30 days after it expired.',
        params: invitationParams,
        response: responses({ 200: ref(InvitationAnswer) }, { problems: [404] }),
      },
    },
    async ({ principal, params }) => {
      const invitation = await getInvitation(deps, params.account_id, params.id)
      return { invitation: toInvitationBody(deps, invitation, principal) }
    },
  )
}
