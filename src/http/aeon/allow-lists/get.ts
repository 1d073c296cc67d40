import { getAllowList } from '../../../management/allow-lists/get.ts'
import { answerInTurns } from '../../answer-in-turns.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { refAsJson } from '../../schema-tools.ts'
import { responses } from '../responses.ts'
import { allowListParams, allowListsSeenBy, requireProject } from '../shapes/allow-list.ts'
import { NetworkAllowListResponse } from '../shapes/allow-list-schemas.ts'

export function getAllowListRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.get(
    '/accounts/:account_id/projects/:project_id/allow-lists/:id',
    {
      config: { access: { permission: 'allow_list:read' } },
      schema: {
        operationId: 'GetNetworkAllowList',
        tags: ['network'],
        summary: 'Get an allow list',
        description: 'Returns the list with all its entries.',
        params: allowListParams,
        response: responses(refAsJson(NetworkAllowListResponse), { errors: [404] }),
      },
    },
    async ({ principal, params }, reply) => {
      const account = await requireProject(deps, params)
      const list = await getAllowList(deps, account.id, params.id)
      const show = await allowListsSeenBy(deps, principal, account, [list])
      return answerInTurns(reply, { data: show(list) })
    },
  )
}
