import { Type } from 'typebox'
import { rightsOf } from '../../../domain/principal.ts'
import { getAccount, lastChangeOfAccount } from '../../../management/accounts/get.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { closed, ref } from '../../schema-tools.ts'
import { PagingMetadata, pagingMetadata, pagingParameters, refuseToken } from '../paging.ts'
import { responses } from '../responses.ts'
import { AccountData, toAccountData } from '../shapes/account.ts'

export const AccountListResponse = Type.Object(
  {
    data: Type.Array(ref(AccountData), { description: 'The account.' }),
    _metadata: ref(PagingMetadata),
  },
  { $id: 'AccountListResponse', description: 'The account of the key, as a list.' },
)

export function listAccountsRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.get(
    '/accounts',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'ListAccounts',
        tags: ['account-list'],
        summary: 'List the account of the key, for older clients',
        description: 'Returns a page with one account.',
        querystring: Type.Object(pagingParameters({ name: 'name' }), closed),
        response: responses(ref(AccountListResponse)),
      },
    },
    async (request) => {
      refuseToken(request.query)
      const account = await getAccount(deps, rightsOf(request.principal).accountId)
      return {
        data: [toAccountData(account, await lastChangeOfAccount(deps, account))],
        _metadata: pagingMetadata(request, null),
      }
    },
  )
}
