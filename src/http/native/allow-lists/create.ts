import { Type } from 'typebox'
import { createAllowList } from '../../../management/allow-lists/create.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { accountParams } from '../shapes/account.ts'
import { AllowListAnswer, entriesInput, toAllowListBody } from '../shapes/allow-list.ts'
import { descriptionInput, nameInput } from '../shapes/fields.ts'

export const CreateAllowListBody = Type.Object(
  { name: nameInput, description: Type.Optional(descriptionInput), entries: entriesInput },
  { $id: 'CreateAllowList', ...closed },
)

export function createAllowListRoute(app: App, deps: Deps): void {
  app.post(
    '/v1/accounts/:account_id/allow-lists',
    {
      config: { access: { permission: 'allow_list:create' } },
      schema: {
        operationId: 'createAllowList',
        tags: ['Allow lists'],
        summary: 'Create an allow list',
        params: accountParams,
        body: ref(CreateAllowListBody),
        response: responses({ 201: ref(AllowListAnswer) }, { body: true, problems: [404, 409] }),
      },
    },
    async ({ principal, params, body }, reply) => {
      const list = await createAllowList(deps, principal, params.account_id, {
        ...body,
        description: body.description ?? '',
      })
      reply.code(201)
      return { allow_list: toAllowListBody(list) }
    },
  )
}
