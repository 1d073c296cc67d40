import { Type } from 'typebox'
import { getApiKey } from '../../../management/api-keys/get.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { ref } from '../../schema-tools.ts'
import { responses } from '../responses.ts'
import { keyParams } from '../shapes/api-key.ts'
import { ApiKeyData } from '../shapes/api-key-schemas.ts'
import { showApiKey } from './show.ts'

export const ApiKeyResponse = Type.Object(
  { data: ref(ApiKeyData) },
  { $id: 'ApiKeyResponse', description: 'One key.' },
)

export function getApiKeyRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.get(
    '/accounts/:account_id/api-keys/:id',
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'GetApiKey',
        tags: ['auth'],
        summary: 'Get a key',
        description: 'Returns the key without its token, which only its issue returns.',
        params: keyParams,
        response: responses(ref(ApiKeyResponse), { errors: [404] }),
      },
    },
    async ({ principal, params }) => {
      const apiKey = await getApiKey(deps, params.id, params.account_id)
      return { data: await showApiKey(deps, apiKey, principal) }
    },
  )
}
