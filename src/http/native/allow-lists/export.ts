import type { Static } from 'typebox'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import type { Column } from '../export/csv.ts'
import { exportList, exportSchema } from '../export/export-list.ts'
import { accountParams } from '../shapes/account.ts'
import type { AllowListBody } from '../shapes/allow-list.ts'
import { loadAllowListPage } from './list.ts'

const columns: readonly Column<Static<typeof AllowListBody>>[] = [
  { name: 'id', of: (list) => list.id },
  { name: 'name', of: (list) => list.name },
  { name: 'description', of: (list) => list.description },
  { name: 'entries', of: (list) => list.entries.join(' ') },
  { name: 'created_at', of: (list) => list.created_at },
  { name: 'updated_at', of: (list) => list.updated_at },
  { name: 'key_count', of: (list) => list.key_count },
]

export function exportAllowListsRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/allow-lists/export',
    {
      config: { access: { permission: 'allow_list:read' } },
      schema: {
        operationId: 'exportAllowLists',
        tags: ['Allow lists'],
        params: accountParams,
        ...exportSchema('allow lists', {}),
      },
    },
    (request, reply) =>
      exportList(deps, request, reply, {
        format: request.query.format,
        name: 'allow-lists',
        columns,
        loadPage: (page) => loadAllowListPage(deps, request.params.account_id, page),
      }),
  )
}
