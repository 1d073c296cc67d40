import { Type } from 'typebox'
import { listAccounts } from '../../../management/accounts/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nextCursor, pageParameters, parsePage } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { AccountBody, toAccountBody } from '../shapes/account.ts'
import { nextCursorField } from '../shapes/fields.ts'

export const AccountPage = Type.Object(
  {
    accounts: Type.Array(ref(AccountBody), { description: 'The accounts of the page.' }),
    next_cursor: nextCursorField,
  },
  { $id: 'AccountPage', description: 'A page of accounts.' },
)

export function listAccountsRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts',
    {
      config: { access: { permission: 'account:read' } },
      schema: {
        operationId: 'listAccounts',
        tags: ['Accounts'],
        summary: 'List accounts',
        description: 'Requires a key or a user of the platform account.',
        querystring: Type.Object(pageParameters(), closed),
        response: responses({ 200: ref(AccountPage) }),
      },
    },
    async (request) => {
      const wanted = parsePage(request)
      const page = await listAccounts(deps, wanted)
      return { accounts: page.items.map(toAccountBody), next_cursor: nextCursor(page, wanted) }
    },
  )
}
