import { Type } from 'typebox'
import { createAllowList } from '../../../management/allow-lists/create.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { idempotencyHeaders, parseIdempotencyKey, setReplayHeader } from '../idempotency.ts'
import { accountParams } from '../shapes/account.ts'
import { AllowListAnswer, entriesInput, toAllowListBody } from '../shapes/allow-list.ts'
import { descriptionInput, nameInput } from '../shapes/fields.ts'

export const CreateAllowListBody = Type.Object(
  {
    name: nameInput('Name of the list; unique in the account.'),
    description: Type.Optional(descriptionInput),
    entries: entriesInput,
  },
  {
    $id: 'CreateAllowList',
    ...closed,
    description: 'An allow list to create.',
    examples: [{ name: 'office', entries: ['203.0.113.7', '2001:db8::/32'] }],
  },
)

export function createAllowListRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts/:account_id/allow-lists',
    {
      config: { access: { permission: 'allow_list:create' } },
      schema: {
        operationId: 'createAllowList',
        tags: ['Allow lists'],
        summary: 'Create an allow list',
        description: 'The list takes effect on the keys that name it, once they do.',
        params: accountParams,
        headers: idempotencyHeaders('the same list'),
        body: ref(CreateAllowListBody),
        response: responses(
          { 201: ref(AllowListAnswer) },
          { body: true, problems: [404, 409, 422] },
        ),
      },
    },
    async (request, reply) => {
      const { name, description = '', entries } = request.body
      const { value: list, isRepeat } = await createAllowList(
        deps,
        request.principal,
        request.params.account_id,
        { name, description, entries },
        parseIdempotencyKey(request),
      )
      setReplayHeader(reply, isRepeat)
      reply.code(201).header('location', `/v1/accounts/${list.accountId}/allow-lists/${list.id}`)
      return { allow_list: toAllowListBody(list) }
    },
  )
}
