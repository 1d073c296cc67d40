import { Type } from 'typebox'
import { maxEventsSearched } from '../../../domain/limits.ts'
import { listAuditEvents } from '../../../management/audit/list-events.ts'
import { answerInTurns } from '../../answer-in-turns.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nextCursor, pageParameters, parsePage } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, ref, refAsJson } from '../../schema-tools.ts'
import { accountParams } from '../shapes/account.ts'
import { nextCursorField } from '../shapes/fields.ts'
import { AuditEventBody, toAuditEventBody } from './audit-event.ts'
import { eventFilterParameters, parseEventFilter } from './filter.ts'

export const AuditEventPage = Type.Object(
  {
    audit_events: Type.Array(ref(AuditEventBody), { description: 'The events of the page.' }),
    next_cursor: nextCursorField,
  },
  { $id: 'AuditEventPage', description: 'A page of audit events.' },
)

const AuditQuery = Type.Object(
  {
    ...pageParameters(['created_at']),
    ...eventFilterParameters,
  },
  closed,
)

export function listAuditEventsRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/audit-events',
    {
      config: { access: { permission: 'audit_event:read' } },
      schema: {
        operationId: 'listAuditEvents',
        tags: ['Audit'],
        summary: 'List audit events',
        description: `Lists who did what in the account, and from where. An event must match every filter given. With \`search\` or \`client_ip\`, a page is what matches among the next ${maxEventsSearched} events that pass the other filters: it may be empty although there is a next page.`,
        params: accountParams,
        querystring: AuditQuery,
        response: responses({ 200: refAsJson(AuditEventPage) }, { problems: [404] }),
      },
    },
    async (request, reply) => {
      const wanted = parsePage(request)
      const filter = parseEventFilter(request.query, request.principal)
      const page = await listAuditEvents(deps, request.params.account_id, filter, wanted)
      return answerInTurns(reply, {
        audit_events: page.items.map((event) => toAuditEventBody(event, request.principal)),
        next_cursor: nextCursor(page, wanted),
      })
    },
  )
}
