import { deleteAllowList } from '../../../management/allow-lists/delete.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { allowListParams } from '../shapes/allow-list.ts'
import { nothing } from '../shapes/fields.ts'

export function deleteAllowListRoute(app: App, deps: Deps): void {
  app.delete(
    '/v1/accounts/:account_id/allow-lists/:id',
    {
      config: { access: { permission: 'allow_list:delete' } },
      schema: {
        operationId: 'deleteAllowList',
        tags: ['Allow lists'],
        summary: 'Delete an allow list',
        description:
          'Fails with `in_use` while a key that is neither revoked nor expired uses the list.',
        params: allowListParams,
        response: responses({ 204: nothing }, { body: true, problems: [404, 409] }),
      },
    },
    async ({ principal, params }, reply) => {
      await deleteAllowList(deps, principal, params.account_id, params.id)
      return reply.code(204).send(null)
    },
  )
}
