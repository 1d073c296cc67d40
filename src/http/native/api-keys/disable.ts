import { disableApiKey } from '../../../management/api-keys/disable.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { keyActSchema, performKeyAct } from './key-act.ts'

export function disableApiKeyRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts/:account_id/api-keys/:id/disable',
    {
      config: { access: { permission: 'api_key:disable' } },
      schema: {
        ...keyActSchema,
        operationId: 'disableApiKey',
        summary: 'Disable a key',
        description:
          'Reversible: enable the key to end the suspension. Disabling a disabled key changes nothing.',
      },
    },
    (request, reply) => performKeyAct(deps, request, reply, 'disable', disableApiKey),
  )
}
