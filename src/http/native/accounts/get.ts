import { getAccount } from '../../../management/accounts/get.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { answerOfVersion } from '../../entity-tag.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { versionedAccount } from '../../versions.ts'
import { AccountAnswer, accountParams, toAccountBody } from '../shapes/account.ts'

export function getAccountRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id',
    {
      config: { access: { permission: 'account:read' } },
      schema: {
        operationId: 'getAccount',
        tags: ['Accounts'],
        summary: 'Get an account',
        description: 'Requires a key or a user of the platform account.',
        params: accountParams,
        response: responses({ 200: ref(AccountAnswer) }, { problems: [404] }),
      },
    },
    async (request, reply) => {
      const account = await getAccount(deps, request.params.account_id)
      const body = { account: toAccountBody(account) }
      return answerOfVersion(versionedAccount, request, reply, account, body)
    },
  )
}
