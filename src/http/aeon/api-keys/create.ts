import { Type } from 'typebox'
import { issueApiKey } from '../../../management/api-keys/issue.ts'
import { jwtFormOf } from '../../../management/api-keys/jwt-form.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { ref } from '../../schema-tools.ts'
import { responses } from '../responses.ts'
import { accountParams } from '../shapes/account.ts'
import { expiryAfter } from '../shapes/api-key.ts'
import { ApiKeyData, ApiKeySpec } from '../shapes/api-key-schemas.ts'
import { showApiKey } from './show.ts'

export const CreateApiKeyResponse = Type.Object(
  {
    data: ref(ApiKeyData),
    jwt: Type.Optional(
      Type.String({
        description: 'The secret. Always present, and returned only in this response.',
      }),
    ),
  },
  {
    $id: 'CreateApiKeyResponse',
    description: 'A new key and its secret.',
    // oapi-codegen calls the answer of the operation so, and would declare the name twice.
    'x-go-name': 'CreatedApiKey',
  },
)

export function createApiKeyRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.post(
    '/accounts/:account_id/api-keys',
    {
      config: { access: { permission: 'api_key:create' } },
      schema: {
        operationId: 'CreateApiKey',
        tags: ['auth'],
        summary: 'Issue a key',
        description: 'The secret, `jwt`, is returned only in this response and is stored nowhere.',
        params: accountParams,
        body: ref(ApiKeySpec),
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
