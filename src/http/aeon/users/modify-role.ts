import { defaultWaitMs } from '../../../domain/limits.ts'
import { changeRole } from '../../../management/users/change-role.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { ref } from '../../schema-tools.ts'
import { nothing, responses } from '../responses.ts'
import { ModifyUserRoleRequest, userParams } from '../shapes/user.ts'

export function modifyUserRoleRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.put(
    '/accounts/:account_id/users/:id/roles',
    {
      config: { access: { permission: 'account_user:update' } },
      schema: {
        operationId: 'ModifyUserRole',
        tags: ['account'],
        summary: 'Give a user another role',
        description:
          'Requires every permission of the role before and after. A role that follows from claims of the provider cannot change, and the last user with the role Admin keeps it.',
        params: userParams,
        body: ref(ModifyUserRoleRequest),
        response: responses(nothing, { body: true, errors: [404, 409] }),
      },
    },
    async ({ body, params, principal }, reply) => {
      const { account_id: accountId, id } = params
      const name = { id, orInvitation: true }
      const { committed } = await changeRole(deps, principal, accountId, name, body.role_id)
      // The clients cannot ask for the receipt later, so the answer waits for it.
      await deps.receipts.waitFor(committed, defaultWaitMs)
      return reply.send()
    },
  )
}
