import { getApiKey } from '../../../management/api-keys/get.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { answerOfVersion } from '../../entity-tag.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { versionedKey } from '../../versions.ts'
import { ApiKeyAnswer, keyParams, toApiKeyBody } from '../shapes/api-key.ts'

export function getApiKeyRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/api-keys/:id',
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'getApiKey',
        tags: ['API keys'],
        summary: 'Get a key',
        description: 'Returns the key, without its token, and its ETag for a later update.',
        params: keyParams,
        response: responses({ 200: ref(ApiKeyAnswer) }, { problems: [404] }),
      },
    },
    async (request, reply) => {
      const { principal, params } = request
      const apiKey = await getApiKey(deps, params.id, params.account_id)
      const body = { api_key: toApiKeyBody(apiKey, principal, deps.now()) }
      return answerOfVersion(versionedKey, request, reply, apiKey, body)
    },
  )
}
