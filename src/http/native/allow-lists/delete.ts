import { deleteAllowList } from '../../../management/allow-lists/delete.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { parsePreconditions } from '../../entity-tag.ts'
import { ifMatchHeader } from '../../if-match-header.ts'
import { responses } from '../../responses.ts'
import { versionedAllowList } from '../../versions.ts'
import { allowListParams } from '../shapes/allow-list.ts'
import { nothing } from '../shapes/fields.ts'

export function deleteAllowListRoute(app: App, deps: ControlPlaneDeps): void {
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
        headers: ifMatchHeader,
        response: responses({ 204: nothing }, { body: true, problems: [404, 409, 412] }),
      },
    },
    async ({ principal, params, raw }, reply) => {
      const isExpected = parsePreconditions(versionedAllowList, raw.headers)
      await deleteAllowList(deps, principal, params.account_id, params.id, isExpected)
      return reply.code(204).send(null)
    },
  )
}
