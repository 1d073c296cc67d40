import { Type } from 'typebox'
import { rightsOf } from '../../../domain/principal.ts'
import { getAccount, lastChangeOfAccount } from '../../../management/accounts/get.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { ref } from '../../schema-tools.ts'
import { responses } from '../responses.ts'
import { AccountData, toAccountData } from '../shapes/account.ts'

export const AccountResponse = Type.Object(
  { data: ref(AccountData) },
  { $id: 'AccountResponse', description: 'One account.' },
)

export function getCurrentAccountRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.get(
    '/account',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'GetCurrentAccount',
        tags: ['account'],
        summary: 'Get the account of the key and its project',
        description: 'Returns one account and one project: each account has exactly one.',
        response: responses(ref(AccountResponse)),
      },
    },
    async (request) => {
      const account = await getAccount(deps, rightsOf(request.principal).accountId)
      return { data: toAccountData(account, await lastChangeOfAccount(deps, account)) }
    },
  )
}
