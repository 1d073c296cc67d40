import { defaultWaitMs } from '../../../domain/limits.ts'
import { replaceRole } from '../../../management/roles/replace.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { ref, refAsJson } from '../../schema-tools.ts'
import { responses } from '../responses.ts'
import { namedByAeon } from '../shapes/permission.ts'
import { RoleResponse, roleParams } from '../shapes/role.ts'
import { RoleSpec } from '../shapes/role-schemas.ts'
import { parsePermissions } from './permission-input.ts'
import { answerRole } from './show.ts'

export function updateRoleRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.put(
    '/accounts/:account_id/roles/:id',
    {
      config: { access: { permission: 'role:update' } },
      schema: {
        operationId: 'UpdateRole',
        tags: ['role'],
        summary: 'Replace a role',
        description:
          'Takes effect on all keys with the role. Permissions that this API cannot express stay unchanged.',
        params: roleParams,
        body: ref(RoleSpec),
        response: responses(refAsJson(RoleResponse), { body: true, errors: [404, 409] }),
      },
    },
    async (request, reply) => {
      const { body, principal } = request
      const { account_id: accountId, id } = request.params
      const { result, committed } = await replaceRole(
        deps,
        principal,
        accountId,
        id,
        (before, catalogue) => {
          const named = namedByAeon(catalogue, principal)
          const unnamed = before.permissions.filter(
            (permission) => !named.some(({ name }) => name === permission),
          )
          return {
            name: body.name,
            description: body.description ?? '',
            permissions: [...parsePermissions(named, body.permissions), ...unnamed],
          }
        },
      )
      // The clients cannot ask for the receipt later, so the answer waits for it.
      if (committed !== undefined) await deps.receipts.waitFor(committed, defaultWaitMs)
      return answerRole(deps, reply, result, principal)
    },
  )
}
