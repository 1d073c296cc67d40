import { defaultWaitMs } from '../../../domain/limits.ts'
import { type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import { ServiceError } from '../../../errors.ts'
import { withdraw } from '../../../management/invitations/withdraw.ts'
import { removeUser } from '../../../management/users/remove.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nothing, responses } from '../responses.ts'
import { userParams } from '../shapes/user.ts'

export function removeUserRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.delete(
    '/accounts/:account_id/users/:id',
    {
      config: { access: { permission: 'account_user:delete' } },
      schema: {
        operationId: 'RemoveAccountUser',
        tags: ['account'],
        summary: 'Remove a user',
        description:
          'Ends every session of the user in the account, or withdraws an invitation, which requires `account_user:invite` too. The id of an invitation that was redeemed is that of the user whom it made one. The keys that the user issued stay, as in Aeon. The last user with the role Admin cannot be removed.',
        params: userParams,
        response: responses(nothing, { body: true, errors: [404, 409] }),
      },
    },
    async ({ params, principal }, reply) => {
      const { account_id: accountId, id } = params
      const removal = { keys: 'keep', reason: null } as const
      const remove = () =>
        removeUser(deps, principal, accountId, { id, orInvitation: true }, removal)
      const first = await remove().catch(ifNotFound)
      const isInvitation = first instanceof ServiceError
      if (isInvitation && (await withdrawn(deps, principal, accountId, id))) return reply.send()
      // Nobody has the id, or the invitation was redeemed meanwhile.
      const removed = isInvitation ? await remove() : first
      const { committed } = removed
      // The clients cannot ask for the receipt later, so the answer waits for it.
      await deps.receipts.waitFor(committed, defaultWaitMs)
      return reply.send()
    },
  )
}

/**
 * Whether the id is that of an invitation, which is then withdrawn: the clients know it as a user
 * who is not there yet.
 */
async function withdrawn(
  deps: ControlPlaneDeps,
  principal: CallerPrincipal,
  accountId: string,
  id: string,
): Promise<boolean> {
  if (!rightsOf(principal).holds.has('account_user:invite')) return false
  return withdraw(deps, principal, accountId, id).then(
    () => true,
    (error: unknown) => {
      const code = error instanceof ServiceError ? error.code : undefined
      if (code === 'not_found' || code === 'invitation_ended') return false
      throw error
    },
  )
}

/** The error, if it says that nothing has the id; throws any other. */
function ifNotFound(error: unknown): ServiceError {
  if (error instanceof ServiceError && error.code === 'not_found') return error
  throw error
}
