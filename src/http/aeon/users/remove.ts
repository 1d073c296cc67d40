import { defaultWaitMs } from '../../../domain/limits.ts'
import { removeUser } from '../../../management/users/remove.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { nothing, responses } from '../responses.ts'
import { userParams } from '../shapes/user.ts'

export function removeUserRoute(scope: App, deps: Deps): void {
  scope.delete(
    '/accounts/:account_id/users/:id',
    {
      config: { access: { permission: 'account_user:delete' } },
      schema: {
        operationId: 'RemoveAccountUser',
        tags: ['account'],
        summary: 'Remove a user',
        description:
          'Ends every session of the user in the account. The keys that the user issued stay, as in Aeon. The last user with the role Admin cannot be removed.',
        params: userParams,
        response: responses(nothing, { body: true, errors: [404, 409] }),
      },
    },
    async ({ params, principal }, reply) => {
      const { account_id: accountId, id } = params
      const removal = { keys: 'keep', reason: null } as const
      const { committed } = await removeUser(deps, principal, accountId, id, removal)
      // The clients cannot ask for the receipt later, so the answer waits for it.
      await deps.receipts.waitFor(committed, defaultWaitMs)
      return reply.send()
    },
  )
}
