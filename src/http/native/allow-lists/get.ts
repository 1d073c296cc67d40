import { getAllowList } from '../../../management/allow-lists/get.ts'
import { countKeysOfLists } from '../../../management/allow-lists/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { answerOfVersion } from '../../entity-tag.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { versionedAllowList } from '../../versions.ts'
import { AllowListAnswer, allowListParams, toAllowListBody } from '../shapes/allow-list.ts'

export function getAllowListRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/allow-lists/:id',
    {
      config: { access: { permission: 'allow_list:read' } },
      schema: {
        operationId: 'getAllowList',
        tags: ['Allow lists'],
        summary: 'Get an allow list',
        description: 'Returns the list with all its entries.',
        params: allowListParams,
        response: responses({ 200: ref(AllowListAnswer) }, { problems: [404] }),
      },
    },
    async (request, reply) => {
      const { account_id: accountId, id } = request.params
      const found = await getAllowList(deps, accountId, id)
      const counts = await countKeysOfLists(deps, accountId, [found.id])
      const body = { allow_list: toAllowListBody(found, counts.get(found.id) ?? 0) }
      return answerOfVersion(versionedAllowList, request, reply, found, body)
    },
  )
}
