import { deleteRole } from '../../../management/roles/delete.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nothing, responses } from '../responses.ts'
import { roleParams } from '../shapes/role.ts'

export function deleteRoleRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.delete(
    '/accounts/:account_id/roles/:id',
    {
      config: { access: { permission: 'role:delete' } },
      schema: {
        operationId: 'DeleteRole',
        tags: ['role'],
        summary: 'Delete a role',
        description: 'Fails while an active key has the role.',
        params: roleParams,
        response: responses(nothing, { body: true, errors: [404, 409] }),
      },
    },
    async ({ principal, params }, reply) => {
      await deleteRole(deps, principal, params.account_id, params.id)
      return reply.send()
    },
  )
}
