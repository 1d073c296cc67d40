import { Type } from 'typebox'
import { getApiKey } from '../../../management/api-keys/get.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { answerOfVersion } from '../../entity-tag.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { versionedKey } from '../../versions.ts'
import { ApiKeyAnswer, keyParameter, toApiKeyBody } from '../shapes/api-key.ts'

export function findApiKeyRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/api-keys/:id',
    {
      config: { access: { permission: 'api_key:read', platformOnly: true } },
      schema: {
        operationId: 'findApiKey',
        tags: ['API keys'],
        summary: 'Get a key of any account',
        description: 'Requires a key or a user of the platform account.',
        params: Type.Object({ id: keyParameter }),
        response: responses({ 200: ref(ApiKeyAnswer) }, { problems: [404] }),
      },
    },
    async (request, reply) => {
      const apiKey = await getApiKey(deps, request.params.id)
      const body = { api_key: toApiKeyBody(apiKey, request.principal, deps.now()) }
      return answerOfVersion(versionedKey, request, reply, apiKey, body)
    },
  )
}
