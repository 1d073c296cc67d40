import { enableApiKey } from '../../../management/api-keys/enable.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { keyActSchema, performKeyAct } from './key-act.ts'

export function enableApiKeyRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts/:account_id/api-keys/:id/enable',
    {
      config: { access: { permission: 'api_key:disable' } },
      schema: {
        ...keyActSchema,
        operationId: 'enableApiKey',
        summary: 'Enable a key',
        description:
          'Requires every permission that the key grants. Enabling an enabled key changes nothing.',
      },
    },
    (request, reply) => performKeyAct(deps, request, reply, 'enable', enableApiKey),
  )
}
