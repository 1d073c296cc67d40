import type { Static } from 'typebox'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import type { Column } from '../export/csv.ts'
import { exportList, exportSchema } from '../export/export-list.ts'
import { accountParams } from '../shapes/account.ts'
import type { UserBody } from '../shapes/user.ts'
import { loadUserPage } from './list.ts'

const columns: readonly Column<Static<typeof UserBody>>[] = [
  { name: 'id', of: (user) => user.id },
  { name: 'name', of: (user) => user.name },
  { name: 'email', of: (user) => user.email },
  { name: 'email_verified', of: (user) => user.email_verified },
  { name: 'role_id', of: (user) => user.role.id },
  { name: 'role_name', of: (user) => user.role.name },
  { name: 'role_mapped', of: (user) => user.role_mapped },
  { name: 'role_ends_at', of: (user) => user.role_ends_at },
  { name: 'created_at', of: (user) => user.created_at },
  { name: 'signed_in_at', of: (user) => user.signed_in_at },
  { name: 'key_count', of: (user) => user.key_count },
  { name: 'issuer', of: (user) => user.issuer },
  { name: 'subject', of: (user) => user.subject },
]

export function exportUsersRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/users/export',
    {
      config: { access: { permission: 'account_user:read' } },
      schema: {
        operationId: 'exportUsers',
        tags: ['Users'],
        params: accountParams,
        ...exportSchema('users', {}),
      },
    },
    (request, reply) =>
      exportList(deps, request, reply, {
        format: request.query.format,
        name: 'users',
        columns,
        loadPage: (page) => loadUserPage(deps, request, page),
      }),
  )
}
