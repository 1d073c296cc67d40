import { Type } from 'typebox'
import { ServiceError } from '../../../errors.ts'
import { requireKey } from '../../../management/require-key.ts'
import { confirmSession } from '../../../management/sessions/confirm.ts'
import { requireSession } from '../../../management/sessions/owner.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { refusedToken } from '../../refused-token.ts'
import { closed } from '../../schema-tools.ts'
import { SignedIn, signedInBody } from './signed-in.ts'

const Confirmation = Type.Object({ key: Type.String() }, closed)

/** Confirms the session of the browser with the key that signed in, for sensitive operations. */
export function confirmSessionRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/session/confirmation',
    {
      config: { access: { permission: null } },
      schema: { hide: true, body: Confirmation, response: { 200: SignedIn } },
    },
    async ({ principal, body }) => {
      requireSession(principal)
      const { key, address } = requireKey(principal)
      const attempt = { address, permissions: [], accountId: undefined }
      const verdict = await deps.verdicts.verify(body.key, attempt)
      if (!verdict.valid) throw refusedToken(verdict.reason, 'key')
      if (verdict.key.id !== key.id) {
        throw new ServiceError('unauthenticated', 'The session belongs to another API key.')
      }
      return signedInBody(deps, principal, await confirmSession(deps, requireKey(principal)))
    },
  )
}
