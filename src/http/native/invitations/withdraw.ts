import { rightsOf } from '../../../domain/principal.ts'
import { withdraw } from '../../../management/invitations/withdraw.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { nothing } from '../shapes/fields.ts'
import { invitationParams } from '../shapes/invitation.ts'

export function withdrawInvitationRoute(app: App, deps: ControlPlaneDeps): void {
  app.delete(
    '/v1/accounts/:account_id/invitations/:id',
    {
      config: { access: { permission: 'account_user:invite' } },
      schema: {
        operationId: 'withdrawInvitation',
        tags: ['Users'],
        summary: 'Withdraw an invitation',
        description:
          'The link of the invitation stops working. Withdrawing a withdrawn invitation changes nothing. Fails with `invitation_ended` if the invitation was redeemed: remove the user instead.',
        params: invitationParams,
        response: responses({ 204: nothing }, { body: true, problems: [404, 409] }),
      },
    },
    async ({ principal, params, log }, reply) => {
      await withdraw(deps, principal, params.account_id, params.id)
      log.info(
        { act: 'withdraw', invitation_id: params.id, by: rightsOf(principal).id },
        'invitation withdrawn',
      )
      return reply.code(204).send(null)
    },
  )
}
