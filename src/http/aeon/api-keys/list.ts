import { Type } from 'typebox'
import { answerInTurns } from '../../answer-in-turns.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { listIdentity } from '../../list-identity.ts'
import { closed, ref, refAsJson } from '../../schema-tools.ts'
import { limitOf, PagingMetadata, pagingMetadata, pagingParameters, sortOf } from '../paging.ts'
import { responses } from '../responses.ts'
import { accountParams } from '../shapes/account.ts'
import { ApiKeyData } from '../shapes/api-key-schemas.ts'
import { listActiveFirst } from './active-first.ts'
import { filterParameters, parseKeyFilter } from './filter.ts'
import { showApiKeys } from './show.ts'

export const ApiKeyListResponse = Type.Object(
  {
    data: Type.Array(ref(ApiKeyData), { description: 'The keys of the page.' }),
    _metadata: ref(PagingMetadata),
  },
  { $id: 'ApiKeyListResponse', description: 'A page of keys.' },
)

const orderNames = { created_on: 'created_at', name: 'name', expiry_time: 'expires_at' } as const

export function listApiKeysRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.get(
    '/accounts/:account_id/api-keys',
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'ListApiKeys',
        tags: ['auth'],
        summary: 'List keys, active keys first',
        description: 'Lists revoked and expired keys too, unless `status` selects others.',
        params: accountParams,
        querystring: Type.Object({ ...pagingParameters(orderNames), ...filterParameters }, closed),
        response: responses(refAsJson(ApiKeyListResponse), { errors: [404] }),
      },
    },
    async (request, reply) => {
      const { principal, query } = request
      const accountId = request.params.account_id
      const page = await listActiveFirst(deps, accountId, parseKeyFilter(query), {
        list: listIdentity(request),
        limit: limitOf(query),
        sort: sortOf(query, orderNames),
        token: query.continuation_token,
      })
      return answerInTurns(reply, {
        data: await showApiKeys(deps, accountId, page.items, principal),
        _metadata: pagingMetadata(request, page.next),
      })
    },
  )
}
