import { rotateOwnKey } from '../../../management/api-keys/rotate-self.ts'
import { requireKey } from '../../../management/require-key.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import {
  answerRotation,
  rotationSchema,
  validateRotation,
  withRotationDefaults,
} from '../api-keys/rotation.ts'
import { parseIdempotencyKey } from '../idempotency.ts'

export function rotateMeRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/me/rotate',
    {
      config: { access: { permission: 'api_key:rotate_self' } },
      schema: {
        ...rotationSchema,
        operationId: 'rotateMe',
        summary: 'Rotate the key that authenticates the request',
        description:
          'Issues a new token for the key. The expiry of the key cannot change, and the overlap must not exceed SELF_ROTATION_MAX_OVERLAP_SECONDS.',
      },
    },
    async (request, reply) => {
      const rotated = await rotateOwnKey(
        deps,
        requireKey(request.principal),
        validateRotation(request.body),
        parseIdempotencyKey(request, withRotationDefaults(request.body)),
      )
      return answerRotation(deps, request, reply, rotated)
    },
  )
}
