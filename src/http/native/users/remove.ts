import { Type } from 'typebox'
import { rightsOf } from '../../../domain/principal.ts'
import { keysThen } from '../../../management/users/end-keys.ts'
import { removeUser } from '../../../management/users/remove.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, oneOf, ref } from '../../schema-tools.ts'
import { reasonInput } from '../shapes/fields.ts'
import { ReceiptBody, receiptOfChange } from '../shapes/receipt.ts'
import { toUserBody, UserBody, userParams } from '../shapes/user.ts'
import { waitOf, waitQuery } from '../shapes/wait.ts'

export const RemoveUserBody = Type.Object(
  {
    keys: oneOf(keysThen, {
      description:
        'What becomes of the keys that the user issued while signed in: in the account; of a user of the platform account, as such in all accounts. `disable` and `revoke` require the permission to do so.',
    }),
    reason: Type.Optional(reasonInput),
  },
  {
    $id: 'RemoveUser',
    ...closed,
    description: 'What becomes of the keys of a user who is removed.',
    examples: [{ keys: 'revoke', reason: 'Has left the company.' }],
  },
)

export const RemovedUser = Type.Object(
  {
    user: ref(UserBody),
    key_count: Type.Integer({ description: 'Number of the keys that were disabled or revoked.' }),
    receipt: ref(ReceiptBody),
  },
  { $id: 'RemovedUser', description: 'The user and the receipt of the removal.' },
)

export function removeUserRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts/:account_id/users/:id/remove',
    {
      config: { access: { permission: 'account_user:delete' } },
      schema: {
        operationId: 'removeUser',
        tags: ['Users'],
        summary: 'Remove a user',
        description:
          'Ends every session of the user in the account, and keeps, disables or revokes the keys that the user issued while signed in, with one receipt. Requires every permission of the role of the user. Users cannot remove themselves, and the last user with the built-in role `admin` cannot be removed. Removing a removed user changes nothing, and leaves its keys as they are: revoke those by a bulk revocation with `created_by`. A user whose mapped role ended and was deleted has not been removed yet. A user whose role follows from claims returns with the next sign-in while the claims do.',
        params: userParams,
        querystring: waitQuery,
        body: ref(RemoveUserBody),
        response: responses({ 200: ref(RemovedUser) }, { body: true, problems: [404, 409] }),
      },
    },
    async ({ principal, params, query, body, log }) => {
      const { keys, reason = null } = body
      const { account_id: accountId, id } = params
      const removed = await removeUser(deps, principal, accountId, { id }, { keys, reason })
      const { user, keyCount, committed } = removed
      log.info(
        {
          act: 'remove',
          user_id: user.person.id,
          keys,
          count: keyCount,
          by: rightsOf(principal).id,
        },
        'user removed',
      )
      const receipt = await receiptOfChange(deps, principal, committed, waitOf({ query, body: {} }))
      return { user: toUserBody(user), key_count: keyCount, receipt }
    },
  )
}
