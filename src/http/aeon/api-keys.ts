import { Type } from 'typebox'
import type { ApiKey } from '../../domain/key/api-key.ts'
import { defaultWaitMs } from '../../domain/limits.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { getApiKey } from '../../management/api-keys/get.ts'
import { issueApiKey } from '../../management/api-keys/issue.ts'
import { jwtFormOf } from '../../management/api-keys/jwt-form.ts'
import { revokeApiKey } from '../../management/api-keys/revoke.ts'
import { rolesOfKeys } from '../../management/roles/of-keys.ts'
import type { App } from '../app-type.ts'
import type { Deps } from '../deps.ts'
import { closed, ref } from '../schema-tools.ts'
import { listActiveFirst } from './active-first.ts'
import { filterParameters, parseFilter } from './api-key-filter.ts'
import { expiryAfter, toApiKeyData } from './api-key-wire.ts'
import { ApiKeySpecRequest } from './bodies.ts'
import { limitOf, pagingMetadata, pagingParameters, sortOf } from './paging.ts'
import { nothing, responses } from './responses.ts'
import { ApiKeyListResponse, ApiKeyResponse, CreateApiKeyResponse } from './schemas.ts'

const tags = ['api-key']
const collection = '/accounts/:account_id/api-keys'
const params = Type.Object({ account_id: Type.String() })
const keyParams = Type.Object({ account_id: Type.String(), id: Type.String() })
const orderNames = { created_on: 'created_at', name: 'name', expiry_time: 'expires_at' } as const

export function apiKeyRoutes(scope: App, deps: Deps): void {
  async function show(accountId: string, apiKeys: readonly ApiKey[], reader: KeyPrincipal) {
    const roles = await rolesOfKeys(deps, accountId, apiKeys)
    const now = deps.now()
    return apiKeys.map((apiKey) => toApiKeyData(apiKey, roles.get(apiKey.role.id), reader, now))
  }

  async function showOne(apiKey: ApiKey, reader: KeyPrincipal) {
    const [data] = await show(apiKey.accountId, [apiKey], reader)
    if (data === undefined) throw new Error('A key was not shown.')
    return data
  }

  scope.get(
    collection,
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'ListApiKeys',
        tags,
        summary: 'List keys, active keys first',
        params,
        querystring: Type.Object({ ...pagingParameters(orderNames), ...filterParameters }, closed),
        response: responses(ref(ApiKeyListResponse), { errors: [404] }),
      },
    },
    async (request) => {
      const { principal, query } = request
      const accountId = request.params.account_id
      const page = await listActiveFirst(deps, accountId, parseFilter(query), {
        limit: limitOf(query),
        sort: sortOf(query, orderNames),
        token: query.continuation_token,
      })
      return {
        data: await show(accountId, page.items, principal),
        _metadata: pagingMetadata(request, page.next),
      }
    },
  )

  scope.post(
    collection,
    {
      config: { access: { permission: 'api_key:create' } },
      schema: {
        operationId: 'CreateApiKey',
        tags,
        summary: 'Issue a key',
        description: 'The secret, `jwt`, is returned only in this response and is stored nowhere.',
        params,
        body: ref(ApiKeySpecRequest),
        response: responses(ref(CreateApiKeyResponse), { body: true, errors: [404, 409] }),
      },
    },
    async (request, reply) => {
      const { body, principal } = request
      const issued = await issueApiKey(deps, principal, request.params.account_id, {
        name: body.name,
        description: body.description ?? '',
        role: body.role_id ?? 'admin',
        expiresAt: expiryAfter(body.expire_after_hours, deps.now()),
        allowListIds: body.allow_list_info?.map((id) => id.toLowerCase()) ?? [],
        metadata: {},
      })
      reply.header('cache-control', 'no-store')
      return { data: await showOne(issued.apiKey, principal), jwt: jwtFormOf(deps, issued) }
    },
  )

  scope.get(
    `${collection}/:id`,
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'GetApiKey',
        tags,
        summary: 'Get a key',
        params: keyParams,
        response: responses(ref(ApiKeyResponse), { errors: [404] }),
      },
    },
    async (request) => {
      const { account_id: accountId, id } = request.params
      return { data: await showOne(await getApiKey(deps, id, accountId), request.principal) }
    },
  )

  scope.post(
    `${collection}/:id/revoke`,
    {
      config: { access: { permission: 'api_key:revoke' } },
      schema: {
        operationId: 'RevokeApiKey',
        tags,
        summary: 'Revoke a key',
        description: 'Permanent. Revoking a revoked key changes nothing.',
        params: keyParams,
        response: responses(nothing, { body: true, errors: [404] }),
      },
    },
    async (request, reply) => {
      const { account_id: accountId, id } = request.params
      const { committed } = await revokeApiKey(deps, request.principal, accountId, id, null)
      await deps.receipts.waitFor(committed, defaultWaitMs)
      return reply.send()
    },
  )
}
