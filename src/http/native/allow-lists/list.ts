import { Type } from 'typebox'
import { countKeysOfLists, listAllowLists } from '../../../management/allow-lists/list.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { nextCursor, pageParameters, parsePage } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { accountParams } from '../shapes/account.ts'
import { AllowListBody, toAllowListBody } from '../shapes/allow-list.ts'
import { nextCursorField } from '../shapes/fields.ts'

export const AllowListPage = Type.Object(
  {
    allow_lists: Type.Array(ref(AllowListBody), { description: 'The lists of the page.' }),
    next_cursor: nextCursorField,
  },
  { $id: 'AllowListPage', description: 'A page of allow lists.' },
)

export function listAllowListsRoute(app: App, deps: Deps): void {
  app.get(
    '/v1/accounts/:account_id/allow-lists',
    {
      config: { access: { permission: 'allow_list:read' } },
      schema: {
        operationId: 'listAllowLists',
        tags: ['Allow lists'],
        summary: 'List allow lists',
        description: 'Lists the allow lists of the account, with all their entries.',
        params: accountParams,
        querystring: Type.Object(pageParameters(), closed),
        response: responses({ 200: ref(AllowListPage) }, { problems: [404] }),
      },
    },
    async (request) => {
      const wanted = parsePage(request.query)
      const { account_id: accountId } = request.params
      const page = await listAllowLists(deps, accountId, wanted)
      const ids = page.items.map(({ id }) => id)
      const counts = await countKeysOfLists(deps, accountId, ids)
      return {
        allow_lists: page.items.map((one) => toAllowListBody(one, counts.get(one.id) ?? 0)),
        next_cursor: nextCursor(page, wanted),
      }
    },
  )
}
