import { deleteRole } from '../../../management/roles/delete.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { parsePreconditions } from '../../entity-tag.ts'
import { ifMatchHeader } from '../../if-match-header.ts'
import { responses } from '../../responses.ts'
import { versionedRole } from '../../versions.ts'
import { nothing } from '../shapes/fields.ts'
import { roleParams } from '../shapes/role.ts'

export function deleteRoleRoute(app: App, deps: ControlPlaneDeps): void {
  app.delete(
    '/v1/accounts/:account_id/roles/:id',
    {
      config: { access: { permission: 'role:delete' } },
      schema: {
        operationId: 'deleteRole',
        tags: ['Roles'],
        summary: 'Delete a role',
        description:
          'Fails with `in_use` while a key that is neither revoked nor expired, or a user, has the role, or an open invitation offers it. Users whose mapped role has ended do not keep it, and are users no longer.',
        params: roleParams,
        headers: ifMatchHeader,
        response: responses({ 204: nothing }, { body: true, problems: [404, 409, 412] }),
      },
    },
    async ({ principal, params, raw }, reply) => {
      const isExpected = parsePreconditions(versionedRole, raw.headers)
      await deleteRole(deps, principal, params.account_id, params.id, isExpected)
      return reply.code(204).send(null)
    },
  )
}
