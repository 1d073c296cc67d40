import type { Static } from 'typebox'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import type { Column } from '../export/csv.ts'
import { exportList, exportSchema } from '../export/export-list.ts'
import { accountParams } from '../shapes/account.ts'
import type { RoleBody } from '../shapes/role.ts'
import { loadRolePage } from './list.ts'

const columns: readonly Column<Static<typeof RoleBody>>[] = [
  { name: 'id', of: (role) => role.id },
  { name: 'name', of: (role) => role.name },
  { name: 'description', of: (role) => role.description },
  { name: 'built_in', of: (role) => role.built_in },
  { name: 'permissions', of: (role) => role.permissions.join(' ') },
  { name: 'key_count', of: (role) => role.key_count },
  { name: 'user_count', of: (role) => role.user_count },
]

export function exportRolesRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/roles/export',
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'exportRoles',
        tags: ['Roles'],
        params: accountParams,
        ...exportSchema('roles', {}),
      },
    },
    (request, reply) =>
      exportList(deps, request, reply, {
        format: request.query.format,
        name: 'roles',
        columns,
        loadPage: (page) => loadRolePage(deps, request.params.account_id, page),
      }),
  )
}
