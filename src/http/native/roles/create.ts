import { createRole } from '../../../management/roles/create.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { idempotencyHeaders, parseIdempotencyKey, setReplayHeader } from '../idempotency.ts'
import { accountParams } from '../shapes/account.ts'
import { DefineRoleBody, RoleAnswer, toRoleBody } from '../shapes/role.ts'

export function createRoleRoute(app: App, deps: ControlPlaneDeps): void {
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
        headers: idempotencyHeaders('the same role'),
        body: ref(DefineRoleBody),
        response: responses({ 201: ref(RoleAnswer) }, { body: true, problems: [404, 409, 422] }),
      },
    },
    async (request, reply) => {
      const { name, description = '', permissions } = request.body
      const { value: role, isRepeat } = await createRole(
        deps,
        request.principal,
        request.params.account_id,
        { name, description, permissions },
        parseIdempotencyKey(request),
      )
      setReplayHeader(reply, isRepeat)
      reply.code(201).header('location', `/v1/accounts/${role.accountId}/roles/${role.id}`)
      return { role: toRoleBody(role) }
    },
  )
}
