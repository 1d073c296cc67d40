import { Type } from 'typebox'
import type { Deps } from '../../deps.ts'
import { createAccount } from '../../management/accounts/create.ts'
import { getAccount } from '../../management/accounts/get.ts'
import { listAccounts } from '../../management/accounts/list.ts'
import { renameAccount } from '../../management/accounts/rename.ts'
import type { App } from '../app-type.ts'
import { nextCursor, pageParameters, parsePage } from '../paging.ts'
import { responses } from '../responses.ts'
import { closed, ref } from '../schema-tools.ts'
import { AccountAnswer, AccountPage } from './answers.ts'
import { CreateAccountBody, RenameAccountBody } from './bodies.ts'
import { accountParameter } from './schemas.ts'
import { toAccountBody } from './wire.ts'

const tags = ['Accounts']
const one = ref(AccountAnswer)
const params = Type.Object({ account_id: accountParameter })

export function accountRoutes(app: App, deps: Deps): void {
  app.post(
    '/v1/accounts',
    {
      config: { access: { permission: 'account:create' } },
      schema: {
        operationId: 'createAccount',
        tags,
        summary: 'Create an account',
        description:
          'Idempotent on `id`: returns 200 if an account with the same id, name and project exists.',
        body: ref(CreateAccountBody),
        response: responses({ 200: one, 201: one }, { body: true, problems: [409] }),
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

  app.get(
    '/v1/accounts',
    {
      config: { access: { permission: 'account:read' } },
      schema: {
        operationId: 'listAccounts',
        tags,
        summary: 'List accounts',
        querystring: Type.Object(pageParameters(), closed),
        response: responses({
          200: ref(AccountPage),
        }),
      },
    },
    async (request) => {
      const wanted = parsePage(request.query)
      const page = await listAccounts(deps, wanted)
      return { accounts: page.items.map(toAccountBody), next_cursor: nextCursor(page, wanted) }
    },
  )

  app.get(
    '/v1/accounts/:account_id',
    {
      config: { access: { permission: 'account:read' } },
      schema: {
        operationId: 'getAccount',
        tags,
        summary: 'Get an account',
        params,
        response: responses({ 200: one }, { problems: [404] }),
      },
    },
    async (request) => ({
      account: toAccountBody(await getAccount(deps, request.params.account_id)),
    }),
  )

  app.patch(
    '/v1/accounts/:account_id',
    {
      config: { access: { permission: 'account:update' } },
      schema: {
        operationId: 'renameAccount',
        tags,
        summary: 'Rename an account',
        params,
        body: ref(RenameAccountBody),
        response: responses({ 200: one }, { body: true, problems: [404] }),
      },
    },
    async (request) => {
      const { account_id: id } = request.params
      return {
        account: toAccountBody(await renameAccount(deps, request.principal, id, request.body.name)),
      }
    },
  )
}
