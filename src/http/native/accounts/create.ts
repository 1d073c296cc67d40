import { Type } from 'typebox'
import { createAccount } from '../../../management/accounts/create.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { AccountAnswer, toAccountBody } from '../shapes/account.ts'
import { nameInput } from '../shapes/fields.ts'

export const CreateAccountBody = Type.Object(
  {
    id: Type.Optional(Type.String({ format: 'uuid' })),
    name: nameInput,
    project_id: Type.Optional(
      Type.String({
        format: 'uuid',
        description: "Id of the account's only project. Absent: the service generates an id.",
      }),
    ),
  },
  { $id: 'CreateAccount', ...closed },
)

export function createAccountRoute(app: App, deps: Deps): void {
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
        body: ref(CreateAccountBody),
        response: responses(
          { 200: ref(AccountAnswer), 201: ref(AccountAnswer) },
          { body: true, problems: [409] },
        ),
      },
    },
    async (request, reply) => {
      const { id, name, project_id: projectId } = request.body
      const { account, created } = await createAccount(deps, request.principal, {
        name,
        ...(id !== undefined && { id: id.toLowerCase() }),
        ...(projectId !== undefined && { projectId: projectId.toLowerCase() }),
      })
      reply.code(created ? 201 : 200)
      return { account: toAccountBody(account) }
    },
  )
}
