import { revokeApiKey } from '../../../management/api-keys/revoke.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { keyActSchema, performKeyAct } from './key-act.ts'

export function revokeApiKeyRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts/:account_id/api-keys/:id/revoke',
    {
      config: { access: { permission: 'api_key:revoke' } },
      schema: {
        ...keyActSchema,
        operationId: 'revokeApiKey',
        summary: 'Revoke a key',
        description: 'Permanent. Revoking a revoked key changes nothing.',
      },
    },
    (request, reply) => performKeyAct(deps, request, reply, 'revoke', revokeApiKey),
  )
}
