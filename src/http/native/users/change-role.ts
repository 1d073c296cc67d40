import { Type } from 'typebox'
import { rightsOf } from '../../../domain/principal.ts'
import { changeRole } from '../../../management/users/change-role.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { roleInput } from '../shapes/key-input.ts'
import { receiptOfChange } from '../shapes/receipt.ts'
import { ChangedUser, toUserBody, userParams } from '../shapes/user.ts'
import { waitOf, waitQuery } from '../shapes/wait.ts'

export const ChangeUserBody = Type.Object(
  { role: roleInput },
  {
    $id: 'ChangeUser',
    ...closed,
    description: 'The role that a user is to have.',
    examples: [{ role: 'developer' }],
  },
)

export function changeUserRoute(app: App, deps: ControlPlaneDeps): void {
  app.patch(
    '/v1/accounts/:account_id/users/:id',
    {
      config: { access: { permission: 'account_user:update' } },
      schema: {
        operationId: 'changeUser',
        tags: ['Users'],
        summary: 'Give a user another role',
        description:
          'Takes effect on every session of the user. Requires every permission of the role before and after the change. Users cannot change their own role, a role that follows from claims cannot change, and the last user with the built-in role `admin` keeps it.',
        params: userParams,
        querystring: waitQuery,
        body: ref(ChangeUserBody),
        response: responses({ 200: ref(ChangedUser) }, { body: true, problems: [404, 409] }),
      },
    },
    async ({ principal, params, query, body, log }) => {
      const { account_id: accountId, id } = params
      const { user, committed } = await changeRole(deps, principal, accountId, { id }, body.role)
      log.info(
        { act: 'change', user_id: user.person.id, by: rightsOf(principal).id },
        'user changed',
      )
      const receipt = await receiptOfChange(deps, principal, committed, waitOf({ query, body: {} }))
      return { user: toUserBody(user), receipt }
    },
  )
}
