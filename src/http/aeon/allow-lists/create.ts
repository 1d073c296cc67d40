import { createAllowList } from '../../../management/allow-lists/create.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { ref } from '../../schema-tools.ts'
import { responses } from '../responses.ts'
import { allowListsSeenBy, projectParams, requireProject } from '../shapes/allow-list.ts'
import { NetworkAllowListResponse, NetworkAllowListSpec } from '../shapes/allow-list-schemas.ts'

export function createAllowListRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.post(
    '/accounts/:account_id/projects/:project_id/allow-lists',
    {
      config: { access: { permission: 'allow_list:create' } },
      schema: {
        operationId: 'CreateNetworkAllowList',
        tags: ['network'],
        summary: 'Create an allow list',
        description: 'The list takes effect on the keys that name it, once they do.',
        params: projectParams,
        body: ref(NetworkAllowListSpec),
        response: responses(ref(NetworkAllowListResponse), { body: true, errors: [404, 409] }),
      },
    },
    async (request) => {
      const { body, principal } = request
      const account = await requireProject(deps, request.params)
      const { value: list } = await createAllowList(deps, principal, account.id, {
        name: body.name,
        description: body.description ?? '',
        entries: body.allow_list,
      })
      const show = await allowListsSeenBy(deps, principal, account, [list])
      return { data: show(list) }
    },
  )
}
