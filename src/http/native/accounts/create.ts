import { Type } from 'typebox'
import { createAccount } from '../../../management/accounts/create.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { idempotencyHeaders, parseIdempotencyKey, setReplayHeader } from '../idempotency.ts'
import { AccountAnswer, toAccountBody } from '../shapes/account.ts'
import { nameInput } from '../shapes/fields.ts'

export const CreateAccountBody = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        format: 'uuid',
        description: 'Id of the account. Absent: the service generates an id.',
      }),
    ),
    name: nameInput('Name of the account. Several accounts may have the same name.'),
    project_id: Type.Optional(
      Type.String({
        format: 'uuid',
        description: "Id of the account's only project. Absent: the service generates an id.",
      }),
    ),
  },
  {
    $id: 'CreateAccount',
    ...closed,
    description: 'An account to create.',
    examples: [{ name: 'Acme' }],
  },
)

export function createAccountRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts',
    {
      config: { access: { permission: 'account:create' } },
      schema: {
        operationId: 'createAccount',
        tags: ['Accounts'],
        summary: 'Create an account',
        description:
          'Idempotent on `id`: returns 200 if an account with the same id, name and project exists.',
        headers: idempotencyHeaders('the same account'),
        body: ref(CreateAccountBody),
        response: responses(
          { 200: ref(AccountAnswer), 201: ref(AccountAnswer) },
          { body: true, problems: [409, 422] },
        ),
      },
    },
    async (request, reply) => {
      const { id, name, project_id: projectId } = request.body
      const { account, created, isRepeat } = await createAccount(
        deps,
        request.principal,
        {
          name,
          ...(id !== undefined && { id: id.toLowerCase() }),
          ...(projectId !== undefined && { projectId: projectId.toLowerCase() }),
        },
        parseIdempotencyKey(request),
      )
      setReplayHeader(reply, isRepeat)
      if (created) reply.code(201).header('location', `/v1/accounts/${account.id}`)
      else reply.code(200)
      return { account: toAccountBody(account) }
    },
  )
}
