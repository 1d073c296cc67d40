import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { rightsOf } from '../../../domain/principal.ts'
import { endSession } from '../../../management/sessions/end.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { pathId } from '../shapes/fields.ts'
import { receiptOfChange } from '../shapes/receipt.ts'
import { waitOf, waitQuery } from '../shapes/wait.ts'
import { EndedSessionAnswer, toSessionBody } from './session-body.ts'

export function endSessionRoute(app: App, deps: ControlPlaneDeps): void {
  app.delete(
    '/v1/sessions/:id',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'endSession',
        tags: ['Sessions'],
        summary: 'End a session of the caller',
        description: 'Permanent. Ending an ended session changes nothing.',
        params: Type.Object({ id: pathId('Id of the session.') }),
        querystring: waitQuery,
        response: responses({ 200: ref(EndedSessionAnswer) }, { problems: [404] }),
      },
    },
    (request) => answerEnd(deps, request, request.params.id),
  )
}

/** Ends a session of the caller's key, and waits for the receipt. */
export async function answerEnd(
  deps: ControlPlaneDeps,
  request: Pick<FastifyRequest, 'log' | 'principal'> & { readonly query: Static<typeof waitQuery> },
  id: string,
): Promise<Static<typeof EndedSessionAnswer>> {
  const { principal } = request
  const { session, committed } = await endSession(deps, principal, id)
  request.log.info(
    { act: 'end', session_id: session.id, by: rightsOf(principal).id },
    'session ended',
  )
  const waitMs = waitOf({ query: request.query, body: {} })
  const receipt = await receiptOfChange(deps, principal, committed, waitMs)
  return { session: toSessionBody(deps, session, principal), receipt }
}
