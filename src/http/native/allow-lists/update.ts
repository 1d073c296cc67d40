import { Type } from 'typebox'
import { updateAllowList } from '../../../management/allow-lists/update.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { parsePreconditions } from '../../entity-tag.ts'
import { ifMatchHeader } from '../../if-match-header.ts'
import { responses } from '../../responses.ts'
import { closed, ref, unchangedIfNull } from '../../schema-tools.ts'
import { versionedAllowList } from '../../versions.ts'
import {
  AllowListBody,
  allowListParams,
  entriesInput,
  toAllowListBody,
} from '../shapes/allow-list.ts'
import { descriptionInput, nameInput } from '../shapes/fields.ts'
import { ReceiptBody, receiptOfChange } from '../shapes/receipt.ts'
import { waitInBody, waitOf, waitQuery } from '../shapes/wait.ts'

export const UpdateAllowListBody = Type.Object(
  {
    name: Type.Optional(nameInput('Name of the list; unique in the account.')),
    description: Type.Optional(descriptionInput),
    entries: Type.Optional(unchangedIfNull(entriesInput)),
    wait_ms: waitInBody,
  },
  {
    $id: 'UpdateAllowList',
    ...closed,
    description:
      'What to change. Fields that are absent, and `entries` that is null, stay unchanged.',
    examples: [{ description: 'The office in Berlin.', entries: ['203.0.113.7', '2001:db8::/32'] }],
  },
)

export const ChangedAllowList = Type.Object(
  { allow_list: ref(AllowListBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedAllowList', description: 'The allow list and the receipt of the change.' },
)

export function updateAllowListRoute(app: App, deps: ControlPlaneDeps): void {
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
        querystring: waitQuery,
        headers: ifMatchHeader,
        body: ref(UpdateAllowListBody),
        response: responses(
          { 200: ref(ChangedAllowList) },
          { body: true, problems: [404, 409, 412] },
        ),
      },
    },
    async (request) => {
      const { principal, params } = request
      const { name, description, entries } = request.body
      const { result, committed } = await updateAllowList(
        deps,
        principal,
        params.account_id,
        params.id,
        {
          ...(name !== undefined && { name }),
          ...(description !== undefined && { description }),
          ...(entries !== undefined && entries !== null && { entries }),
        },
        parsePreconditions(versionedAllowList, request.raw.headers),
      )
      const receipt = await receiptOfChange(deps, principal, committed, waitOf(request))
      return { allow_list: toAllowListBody(result), receipt }
    },
  )
}
