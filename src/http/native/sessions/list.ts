import { Type } from 'typebox'
import { maxListedSessions } from '../../../domain/limits.ts'
import { listSessions } from '../../../management/sessions/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { SessionBody, toSessionBody } from './session-body.ts'

export const SessionList = Type.Object(
  { sessions: Type.Array(ref(SessionBody), { description: `At most ${maxListedSessions}.` }) },
  { $id: 'SessionList', description: 'Sessions, newest first.' },
)

export function listSessionsRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/sessions',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'listSessions',
        tags: ['Sessions'],
        summary: 'List the sessions of the caller',
        description:
          'Returns the active sessions of the console: those that have neither ended nor expired, and were used recently enough. Sessions of other keys and of other people are not visible: revoke, disable or rotate a key, or remove a user, to end its sessions.',
        response: responses({ 200: ref(SessionList) }),
      },
    },
    async ({ principal }) => ({
      sessions: (await listSessions(deps, principal)).map((session) =>
        toSessionBody(deps, session, principal),
      ),
    }),
  )
}
