import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Deps } from '../../deps.ts'
import type { ApiKey } from '../../domain/key/api-key.ts'
import type { Principal } from '../../domain/principal.ts'
import { disableApiKey } from '../../management/api-keys/disable.ts'
import { enableApiKey } from '../../management/api-keys/enable.ts'
import { getApiKey } from '../../management/api-keys/get.ts'
import { issueApiKey } from '../../management/api-keys/issue.ts'
import { listApiKeys } from '../../management/api-keys/list.ts'
import { revokeApiKey } from '../../management/api-keys/revoke.ts'
import type { App } from '../app-type.ts'
import { nextCursor, pageParameters, parsePage } from '../paging.ts'
import { responses } from '../responses.ts'
import { closed, ref } from '../schema-tools.ts'
import { ApiKeyAnswer, ApiKeyPage, ChangedApiKey, IssuedApiKey } from './answers.ts'
import { filterParameters, parseFilter } from './api-key-filter.ts'
import { IssueApiKeyBody, KeyActBody } from './bodies.ts'
import { parseExpiry } from './expiry.ts'
import { idempotencyHeaders, parseIdempotencyKey, tellReplay } from './idempotency.ts'
import { accountOf, answerApiKey } from './one-api-key.ts'
import { receiptOfChange } from './receipts.ts'
import { accountParameter, keyParameter } from './schemas.ts'
import { toApiKeyBody } from './wire.ts'

const tags = ['API keys']
const one = ref(ApiKeyAnswer)
const collection = '/v1/accounts/:account_id/api-keys'
const accountParams = Type.Object({ account_id: accountParameter })
const keyParams = Type.Object({ account_id: accountParameter, id: keyParameter })
export function apiKeyRoutes(app: App, deps: Deps): void {
  const show = (reply: FastifyReply, apiKey: ApiKey, principal: Principal) =>
    answerApiKey(reply, apiKey, principal, deps.now())

  app.post(
    collection,
    {
      config: { access: { permission: 'api_key:create' } },
      schema: {
        operationId: 'issueApiKey',
        tags,
        summary: 'Issue a key',
        description: 'The token is returned only in this response and is stored nowhere.',
        params: accountParams,
        headers: idempotencyHeaders,
        body: ref(IssueApiKeyBody),
        response: responses({ 201: ref(IssuedApiKey) }, { body: true, problems: [404, 409, 422] }),
      },
    },
    async (request, reply) => {
      const {
        name,
        description,
        role,
        expires_at: expiresAt,
        allow_list_ids: listIds,
        metadata,
      } = request.body
      const { principal } = request
      const wanted = {
        name,
        description: description ?? '',
        role,
        expiresAt: parseExpiry(expiresAt),
        allowListIds: listIds?.map((id) => id.toLowerCase()) ?? [],
        metadata: metadata ?? {},
      }
      const { apiKey, generation, token } = await issueApiKey(
        deps,
        principal,
        accountOf(request),
        wanted,
        parseIdempotencyKey(request),
      )
      tellReplay(reply, token)
      reply.code(201).header('cache-control', 'no-store')
      return { ...show(reply, apiKey, principal), generation, token }
    },
  )

  app.get(
    collection,
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'listApiKeys',
        tags,
        summary: 'List keys',
        description: 'Includes revoked and expired keys. A key must match every filter given.',
        params: accountParams,
        querystring: Type.Object(
          { ...pageParameters(['created_at', 'name', 'expires_at']), ...filterParameters },
          closed,
        ),
        response: responses(
          {
            200: ref(ApiKeyPage),
          },
          { problems: [404] },
        ),
      },
    },
    async (request) => {
      const wanted = parsePage(request.query)
      const filter = parseFilter(request.query, request.principal)
      const page = await listApiKeys(deps, accountOf(request), filter, wanted)
      const now = deps.now()
      return {
        api_keys: page.items.map((apiKey) => toApiKeyBody(apiKey, request.principal, now)),
        next_cursor: nextCursor(page, wanted),
      }
    },
  )

  app.get(
    `${collection}/:id`,
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'getApiKey',
        tags,
        summary: 'Get a key',
        params: keyParams,
        response: responses({ 200: one }, { problems: [404] }),
      },
    },
    async (request, reply) =>
      show(reply, await getApiKey(deps, request.params.id, accountOf(request)), request.principal),
  )

  app.get(
    '/v1/api-keys/:id',
    {
      config: { access: { permission: 'api_key:read', platformOnly: true } },
      schema: {
        operationId: 'findApiKey',
        tags,
        summary: 'Get a key of any account',
        description: 'Requires a key of the platform account.',
        params: Type.Object({ id: keyParameter }),
        response: responses({ 200: one }, { problems: [404] }),
      },
    },
    async (request, reply) =>
      show(reply, await getApiKey(deps, request.params.id), request.principal),
  )

  const acts = [
    {
      verb: 'revoke',
      permission: 'api_key:revoke',
      summary: 'Revoke a key',
      description: 'Permanent. Revoking a revoked key changes nothing.',
      act: revokeApiKey,
    },
    {
      verb: 'disable',
      permission: 'api_key:disable',
      summary: 'Disable a key',
      description:
        'Reversible: enable the key to end the suspension. Disabling a disabled key changes nothing.',
      act: disableApiKey,
    },
    {
      verb: 'enable',
      permission: 'api_key:disable',
      summary: 'Enable a key',
      description:
        'Requires every permission that the key grants. Enabling an enabled key changes nothing.',
      act: enableApiKey,
    },
  ]
  for (const { verb, permission, summary, description, act } of acts) {
    app.post(
      `${collection}/:id/${verb}`,
      {
        config: { access: { permission } },
        schema: {
          operationId: `${verb}ApiKey`,
          tags,
          summary,
          description,
          params: keyParams,
          body: ref(KeyActBody),
          response: responses({ 200: ref(ChangedApiKey) }, { body: true, problems: [404, 409] }),
        },
      },
      async (request, reply) => {
        const { principal } = request
        const reason = request.body.reason ?? null
        const { id } = request.params
        const { apiKey, committed } = await act(deps, principal, accountOf(request), id, reason)
        request.log.info(
          { act: verb, api_key_id: apiKey.id, by: principal.key.id, reason },
          'key changed',
        )
        const receipt = await receiptOfChange(deps, committed, request.body.wait_ms)
        return { ...show(reply, apiKey, principal), receipt }
      },
    )
  }
}
