import type { Static } from 'typebox'
import { listAccounts } from '../../../management/accounts/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import type { Column } from '../export/csv.ts'
import { exportList, exportSchema } from '../export/export-list.ts'
import { type AccountBody, toAccountBody } from '../shapes/account.ts'

const columns: readonly Column<Static<typeof AccountBody>>[] = [
  { name: 'id', of: (account) => account.id },
  { name: 'name', of: (account) => account.name },
  { name: 'project_id', of: (account) => account.project_id },
  { name: 'created_at', of: (account) => account.created_at },
]

export function exportAccountsRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/export',
    {
      config: { access: { permission: 'account:read' } },
      schema: {
        operationId: 'exportAccounts',
        tags: ['Accounts'],
        ...exportSchema('accounts', {}),
      },
    },
    (request, reply) =>
      exportList(deps, request, reply, {
        format: request.query.format,
        name: 'accounts',
        columns,
        loadPage: async (page) => {
          const { items, next } = await listAccounts(deps, page)
          return { items: items.map(toAccountBody), next }
        },
      }),
  )
}
