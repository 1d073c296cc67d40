import { getRole } from '../../../management/roles/get.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { refAsJson } from '../../schema-tools.ts'
import { responses } from '../responses.ts'
import { RoleResponse, roleParams } from '../shapes/role.ts'
import { answerRole } from './show.ts'

export function getRoleRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.get(
    '/accounts/:account_id/roles/:id',
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'GetRole',
        tags: ['role'],
        summary: 'Get a role',
        description: 'Returns a role of the account, built in or its own.',
        params: roleParams,
        response: responses(refAsJson(RoleResponse), { errors: [404] }),
      },
    },
    async ({ principal, params }, reply) =>
      answerRole(deps, reply, await getRole(deps, params.account_id, params.id), principal),
  )
}
