import { Type } from 'typebox'
import { maxAllowListsPerKey, maxEntriesPerKey } from '../../../domain/limits.ts'
import { issueApiKey } from '../../../management/api-keys/issue.ts'
import { jwtFormOf } from '../../../management/api-keys/jwt-form.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { closed, nullableString, ref } from '../../schema-tools.ts'
import { responses } from '../responses.ts'
import { accountParams } from '../shapes/account.ts'
import { ApiKeyData, expiryAfter } from '../shapes/api-key.ts'
import { description, name } from '../shapes/fields.ts'
import { showApiKey } from './show.ts'

/** 100 years. RFC 3339 times end with the year 9999. */
const maxHours = 876_000

export const ApiKeySpecRequest = Type.Object(
  {
    name,
    description,
    expire_after_hours: Type.Integer({
      format: 'int32',
      minimum: 0,
      maximum: maxHours,
      description: '0: the key never expires.',
    }),
    role_id: Type.Optional(
      nullableString({ format: 'uuid', description: 'Absent: the Admin role.' }),
    ),
    allow_list_info: Type.Optional(
      Type.Unsafe<string[] | null>({
        type: ['array', 'null'],
        items: { type: 'string', format: 'uuid' },
        maxItems: maxAllowListsPerKey,
        uniqueItems: true,
        description: `Ids of allow lists, which have at most ${maxEntriesPerKey} entries together. Absent or empty: the key is usable from any address.`,
      }),
    ),
  },
  { $id: 'ApiKeySpecRequest', ...closed },
)

export const CreateApiKeyResponse = Type.Object(
  {
    data: ref(ApiKeyData),
    jwt: Type.String({ description: 'The secret. Returned only in this response.' }),
  },
  { $id: 'CreateApiKeyResponse' },
)

export function createApiKeyRoute(scope: App, deps: Deps): void {
  scope.post(
    '/accounts/:account_id/api-keys',
    {
      config: { access: { permission: 'api_key:create' } },
      schema: {
        operationId: 'CreateApiKey',
        tags: ['api-key'],
        summary: 'Issue a key',
        description: 'The secret, `jwt`, is returned only in this response and is stored nowhere.',
        params: accountParams,
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
      const data = await showApiKey(deps, issued.apiKey, principal)
      return { data, jwt: jwtFormOf(deps, issued) }
    },
  )
}
