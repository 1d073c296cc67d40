import { defaultWaitMs } from '../../../domain/limits.ts'
import { revokeApiKey } from '../../../management/api-keys/revoke.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nothing, responses } from '../responses.ts'
import { keyParams } from '../shapes/api-key.ts'

export function revokeApiKeyRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.post(
    '/accounts/:account_id/api-keys/:id/revoke',
    {
      config: { access: { permission: 'api_key:revoke' } },
      schema: {
        operationId: 'RevokeApiKey',
        tags: ['auth'],
        summary: 'Revoke a key',
        description: 'Permanent. Revoking a revoked key changes nothing.',
        params: keyParams,
        response: responses(nothing, { body: true, errors: [404] }),
      },
    },
    async ({ principal, params }, reply) => {
      const { committed } = await revokeApiKey(deps, principal, params.account_id, params.id, null)
      // The clients cannot ask for the receipt later, so the answer waits for it.
      await deps.receipts.waitFor(committed, defaultWaitMs)
      return reply.send()
    },
  )
}
