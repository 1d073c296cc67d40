import { deleteAllowList } from '../../../management/allow-lists/delete.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nothing, responses } from '../responses.ts'
import { allowListParams, requireProject } from '../shapes/allow-list.ts'

export function deleteAllowListRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.delete(
    '/accounts/:account_id/projects/:project_id/allow-lists/:id',
    {
      config: { access: { permission: 'allow_list:delete' } },
      schema: {
        operationId: 'DeleteNetworkAllowList',
        tags: ['network'],
        summary: 'Delete an allow list',
        description: 'Fails while an active key uses the list.',
        params: allowListParams,
        response: responses(nothing, { body: true, errors: [404, 409] }),
      },
    },
    async ({ principal, params }, reply) => {
      const account = await requireProject(deps, params)
      await deleteAllowList(deps, principal, account.id, params.id)
      return reply.send()
    },
  )
}
