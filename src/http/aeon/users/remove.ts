import { defaultWaitMs } from '../../../domain/limits.ts'
import { rightsOf } from '../../../domain/principal.ts'
import { ServiceError } from '../../../errors.ts'
import { withdraw } from '../../../management/invitations/withdraw.ts'
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
          'Ends every session of the user in the account, or withdraws an invitation, which requires `account_user:invite` too. The keys that the user issued stay, as in Aeon. The last user with the role Admin cannot be removed.',
        params: userParams,
        response: responses(nothing, { body: true, errors: [404, 409] }),
      },
    },
    async ({ params, principal }, reply) => {
      const { account_id: accountId, id } = params
      const removal = { keys: 'keep', reason: null } as const
      const removed = await removeUser(deps, principal, accountId, id, removal).catch(ifNotFound)
      if (removed instanceof ServiceError) {
        // The clients know an invitation as a user who is not there yet.
        if (!rightsOf(principal).holds.has('account_user:invite')) throw removed
        const rest = await withdraw(deps, principal, accountId, id).catch(ifNotFound)
        if (rest !== undefined) throw removed
        return reply.send()
      }
      const { committed } = removed
      // The clients cannot ask for the receipt later, so the answer waits for it.
      await deps.receipts.waitFor(committed, defaultWaitMs)
      return reply.send()
    },
  )
}

/** The error, if it says that nothing has the id; throws any other. */
function ifNotFound(error: unknown): ServiceError {
  if (error instanceof ServiceError && error.code === 'not_found') return error
  throw error
}
