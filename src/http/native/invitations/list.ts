import { Type } from 'typebox'
import { listInvitations } from '../../../management/invitations/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nextCursor, pageParameters, parsePage } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { accountParams } from '../shapes/account.ts'
import { nextCursorField } from '../shapes/fields.ts'
import { InvitationBody, toInvitationBody } from '../shapes/invitation.ts'

export const InvitationPage = Type.Object(
  {
    invitations: Type.Array(ref(InvitationBody), { description: 'The invitations of the page.' }),
    next_cursor: nextCursorField,
  },
  { $id: 'InvitationPage', description: 'A page of invitations.' },
)

export function listInvitationsRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/invitations',
    {
      config: { access: { permission: 'account_user:read' } },
      schema: {
        operationId: 'listInvitations',
        tags: ['Users'],
        summary: 'List invitations',
        description:
          'Lists the invitations of the account that are neither redeemed nor withdrawn, in the order in which they were made. Invitations that expired more than 30 days ago are deleted.',
        params: accountParams,
        querystring: Type.Object(pageParameters(['created_at']), closed),
        response: responses({ 200: ref(InvitationPage) }, { problems: [404] }),
      },
    },
    async (request) => {
      const { principal, params } = request
      const wanted = parsePage(request)
      const page = await listInvitations(deps, params.account_id, wanted)
      return {
        invitations: page.items.map((one) => toInvitationBody(deps, one, principal)),
        next_cursor: nextCursor(page, wanted),
      }
    },
  )
}
