import { Type } from 'typebox'
import { renameAccount } from '../../../management/accounts/rename.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { parsePreconditions } from '../../entity-tag.ts'
import { ifMatchHeader } from '../../if-match-header.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { versionedAccount } from '../../versions.ts'
import { AccountAnswer, accountParams, toAccountBody } from '../shapes/account.ts'
import { nameInput } from '../shapes/fields.ts'

export const RenameAccountBody = Type.Object(
  { name: nameInput('The new name of the account.') },
  {
    $id: 'RenameAccount',
    ...closed,
    description: 'The new name of an account.',
    examples: [{ name: 'Acme Inc.' }],
  },
)

export function renameAccountRoute(app: App, deps: ControlPlaneDeps): void {
  app.patch(
    '/v1/accounts/:account_id',
    {
      config: { access: { permission: 'account:update' } },
      schema: {
        operationId: 'renameAccount',
        tags: ['Accounts'],
        summary: 'Rename an account',
        description: 'Changes the name, and nothing else.',
        params: accountParams,
        headers: ifMatchHeader,
        body: ref(RenameAccountBody),
        response: responses({ 200: ref(AccountAnswer) }, { body: true, problems: [404, 412] }),
      },
    },
    async ({ principal, params, body, raw }) => {
      const isExpected = parsePreconditions(versionedAccount, raw.headers)
      const { account_id: id } = params
      const account = await renameAccount(deps, principal, id, body.name, isExpected)
      return { account: toAccountBody(account) }
    },
  )
}
