import { getRole } from '../../../management/roles/get.ts'
import { countUsesOfRoles } from '../../../management/roles/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { answerOfVersion } from '../../entity-tag.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { versionedRole } from '../../versions.ts'
import { RoleAnswer, roleParams, toRoleBody } from '../shapes/role.ts'

export function getRoleRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/roles/:id',
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'getRole',
        tags: ['Roles'],
        summary: 'Get a role',
        description: 'Returns a role of the account, built in or its own.',
        params: roleParams,
        response: responses({ 200: ref(RoleAnswer) }, { problems: [404] }),
      },
    },
    async (request, reply) => {
      const { account_id: accountId, id } = request.params
      const found = await getRole(deps, accountId, id)
      const usesOf = await countUsesOfRoles(deps, accountId, [found.id])
      const body = { role: toRoleBody(found, usesOf(found.id)) }
      return answerOfVersion(versionedRole, request, reply, found, body)
    },
  )
}
