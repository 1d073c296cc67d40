import { Type } from 'typebox'
import { listApiKeys } from '../../../management/api-keys/list.ts'
import { answerInTurns } from '../../answer-in-turns.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nextCursor, pageParameters, parsePage } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, ref, refAsJson } from '../../schema-tools.ts'
import { accountParams } from '../shapes/account.ts'
import { ApiKeyBody, toApiKeyBody } from '../shapes/api-key.ts'
import { nextCursorField } from '../shapes/fields.ts'
import { filterParameters, parseKeyFilter } from './filter.ts'

export const ApiKeyPage = Type.Object(
  {
    api_keys: Type.Array(ref(ApiKeyBody), { description: 'The keys of the page.' }),
    next_cursor: nextCursorField,
  },
  { $id: 'ApiKeyPage', description: 'A page of keys.' },
)

export function listApiKeysRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/api-keys',
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'listApiKeys',
        tags: ['API keys'],
        summary: 'List keys',
        description: 'Includes revoked and expired keys. A key must match every filter given.',
        params: accountParams,
        querystring: Type.Object(
          { ...pageParameters(['created_at', 'name', 'expires_at']), ...filterParameters },
          closed,
        ),
        response: responses({ 200: refAsJson(ApiKeyPage) }, { problems: [404] }),
      },
    },
    async (request, reply) => {
      const { principal, params, query } = request
      const wanted = parsePage(request)
      const filter = parseKeyFilter(query, principal)
      const page = await listApiKeys(deps, params.account_id, filter, wanted)
      const now = deps.now()
      return answerInTurns(reply, {
        api_keys: page.items.map((apiKey) => toApiKeyBody(apiKey, principal, now)),
        next_cursor: nextCursor(page, wanted),
      })
    },
  )
}
