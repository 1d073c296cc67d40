import { Type } from 'typebox'
import { updateAllowList } from '../../../management/allow-lists/update.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import {
  AllowListBody,
  allowListParams,
  entriesInput,
  toAllowListBody,
} from '../shapes/allow-list.ts'
import { descriptionInput, nameInput } from '../shapes/fields.ts'
import { ReceiptBody, receiptOfChange, waitParameter } from '../shapes/receipt.ts'

export const UpdateAllowListBody = Type.Object(
  {
    name: Type.Optional(nameInput),
    description: Type.Optional(descriptionInput),
    entries: Type.Optional(entriesInput),
  },
  { $id: 'UpdateAllowList', ...closed },
)

export const ChangedAllowList = Type.Object(
  { allow_list: ref(AllowListBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedAllowList', description: 'The allow list and the receipt of the change.' },
)

export function updateAllowListRoute(app: App, deps: Deps): void {
  app.patch(
    '/v1/accounts/:account_id/allow-lists/:id',
    {
      config: { access: { permission: 'allow_list:update' } },
      schema: {
        operationId: 'updateAllowList',
        tags: ['Allow lists'],
        summary: 'Update an allow list',
        description:
          'Takes effect on all keys that use the list. Adding addresses requires every permission that those keys grant.',
        params: allowListParams,
        querystring: Type.Object({ wait_ms: waitParameter }, closed),
        body: ref(UpdateAllowListBody),
        response: responses({ 200: ref(ChangedAllowList) }, { body: true, problems: [404, 409] }),
      },
    },
    async ({ principal, params, query, body }) => {
      const { result, committed } = await updateAllowList(
        deps,
        principal,
        params.account_id,
        params.id,
        body,
      )
      const receipt = await receiptOfChange(deps, committed, query.wait_ms)
      return { allow_list: toAllowListBody(result), receipt }
    },
  )
}
