import { createRole } from '../../../management/roles/create.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { accountParams } from '../shapes/account.ts'
import { DefineRoleBody, RoleAnswer, toRoleBody } from '../shapes/role.ts'

export function createRoleRoute(app: App, deps: Deps): void {
  app.post(
    '/v1/accounts/:account_id/roles',
    {
      config: { access: { permission: 'role:create' } },
      schema: {
        operationId: 'createRole',
        tags: ['Roles'],
        summary: 'Create a role',
        description: 'Requires every permission of the role.',
        params: accountParams,
        body: ref(DefineRoleBody),
        response: responses({ 201: ref(RoleAnswer) }, { body: true, problems: [404, 409] }),
      },
    },
    async ({ principal, params, body }, reply) => {
      const role = await createRole(deps, principal, params.account_id, {
        ...body,
        description: body.description ?? '',
      })
      reply.code(201)
      return { role: toRoleBody(role) }
    },
  )
}
