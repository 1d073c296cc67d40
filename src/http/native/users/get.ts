import { countKeysOfUsers } from '../../../management/users/count-keys.ts'
import { getUser } from '../../../management/users/get.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { toUserBody, UserAnswer, userParams } from '../shapes/user.ts'

export function getUserRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/users/:id',
    {
      config: { access: { permission: 'account_user:read' } },
      schema: {
        operationId: 'getUser',
        tags: ['Users'],
        summary: 'Get a user',
        description: 'Returns a user of the account, and how many keys the user issued.',
        params: userParams,
        response: responses({ 200: ref(UserAnswer) }, { problems: [404] }),
      },
    },
    async ({ params, principal }) => {
      const { account_id: accountId } = params
      const user = await getUser(deps, accountId, params.id)
      const { id } = user.person
      const counts = await countKeysOfUsers(deps, principal, accountId, [id])
      return { user: toUserBody(user, counts.get(id) ?? 0) }
    },
  )
}
