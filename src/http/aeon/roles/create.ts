import { createRole } from '../../../management/roles/create.ts'
import { listPermissions } from '../../../management/roles/permissions.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { ref, refAsJson } from '../../schema-tools.ts'
import { responses } from '../responses.ts'
import { accountParams } from '../shapes/account.ts'
import { namedByAeon } from '../shapes/permission.ts'
import { RoleResponse } from '../shapes/role.ts'
import { RoleSpec } from '../shapes/role-schemas.ts'
import { parsePermissions } from './permission-input.ts'
import { answerRole } from './show.ts'

export function createRoleRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.post(
    '/accounts/:account_id/roles',
    {
      config: { access: { permission: 'role:create' } },
      schema: {
        operationId: 'CreateRole',
        tags: ['role'],
        summary: 'Create a role',
        description: 'Requires every permission of the role.',
        params: accountParams,
        body: ref(RoleSpec),
        response: responses(refAsJson(RoleResponse), { body: true, errors: [404, 409] }),
      },
    },
    async ({ principal, params, body }, reply) => {
      const named = namedByAeon(await listPermissions(deps, principal), principal)
      const { value: role } = await createRole(deps, principal, params.account_id, {
        name: body.name,
        description: body.description ?? '',
        permissions: parsePermissions(named, body.permissions),
      })
      return answerRole(deps, reply, role, principal)
    },
  )
}
