import { type Static, Type } from 'typebox'
import type { Page, PageRequest } from '../../../domain/page.ts'
import { countKeysOfLists, listAllowLists } from '../../../management/allow-lists/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
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

export function listAllowListsRoute(app: App, deps: ControlPlaneDeps): void {
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
      const wanted = parsePage(request)
      const page = await loadAllowListPage(deps, request.params.account_id, wanted)
      return { allow_lists: [...page.items], next_cursor: nextCursor(page, wanted) }
    },
  )
}

/** A page of the list as answers and exports show it. */
export async function loadAllowListPage(
  deps: ControlPlaneDeps,
  accountId: string,
  wanted: PageRequest,
): Promise<Page<Static<typeof AllowListBody>>> {
  const { items, next } = await listAllowLists(deps, accountId, wanted)
  const counts = await countKeysOfLists(
    deps,
    accountId,
    items.map(({ id }) => id),
  )
  return { items: items.map((one) => toAllowListBody(one, counts.get(one.id) ?? 0)), next }
}
