import { rotateApiKey } from '../../../management/api-keys/rotate.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { parseIdempotencyKey } from '../idempotency.ts'
import { keyParams } from '../shapes/api-key.ts'
import {
  answerRotation,
  rotationSchema,
  validateRotation,
  withRotationDefaults,
} from './rotation.ts'

export function rotateApiKeyRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts/:account_id/api-keys/:id/rotate',
    {
      config: { access: { permission: 'api_key:rotate' } },
      schema: {
        ...rotationSchema,
        operationId: 'rotateApiKey',
        summary: 'Rotate a key',
        description:
          'Issues a new token. The previous token keeps working until the overlap ends. Requires every permission that the key grants; an earlier expiry also requires `api_key:revoke`. A key cannot change its own expiry. The new token is returned only in this response.',
        params: keyParams,
      },
    },
    async (request, reply) => {
      const { principal, params } = request
      const rotated = await rotateApiKey(
        deps,
        principal,
        params.account_id,
        params.id,
        validateRotation(request.body),
        parseIdempotencyKey(request, withRotationDefaults(request.body)),
      )
      return answerRotation(deps, request, reply, rotated)
    },
  )
}
