import { type Static, Type } from 'typebox'
import { auditActions } from '../../../domain/audit/audit-event.ts'
import { maxActorIdLength } from '../../../domain/limits.ts'
import type { KeyPrincipal } from '../../../domain/principal.ts'
import { type AuditFilter, listAuditEvents } from '../../../management/audit/list-events.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { nextCursor, pageParameters, parsePage } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, oneOf, ref } from '../../schema-tools.ts'
import { parseQueryTime } from '../parse-time.ts'
import { accountParams } from '../shapes/account.ts'
import { id, nextCursorField, textFilter, timeFilter } from '../shapes/fields.ts'
import { AuditEventBody, toAuditEventBody } from './audit-event.ts'

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
    action: Type.Optional(oneOf(auditActions, { description: 'Only events with this action.' })),
    actor_id: textFilter(
      maxActorIdLength,
      'Only events caused by this user or key: the id of the actor.',
    ),
    resource_id: Type.Optional(
      id(
        'Only events that concern this resource. For a key, includes the bulk events that changed the key.',
      ),
    ),
    created_from: timeFilter('Only events at or after this time.'),
    created_before: timeFilter('Only events before this time.'),
  },
  closed,
)

export function listAuditEventsRoute(app: App, deps: Deps): void {
  app.get(
    '/v1/accounts/:account_id/audit-events',
    {
      config: { access: { permission: 'audit_event:read' } },
      schema: {
        operationId: 'listAuditEvents',
        tags: ['Audit'],
        summary: 'List audit events',
        description:
          'Lists who did what in the account, and from where. An event must match every filter given.',
        params: accountParams,
        querystring: AuditQuery,
        response: responses({ 200: ref(AuditEventPage) }, { problems: [404] }),
      },
    },
    async (request) => {
      const wanted = parsePage(request.query)
      const filter = parseEventFilter(request.query, request.principal)
      const page = await listAuditEvents(deps, request.params.account_id, filter, wanted)
      return {
        audit_events: page.items.map((event) => toAuditEventBody(event, request.principal)),
        next_cursor: nextCursor(page, wanted),
      }
    },
  )
}

/** Throws `invalid_request`. */
function parseEventFilter(query: Static<typeof AuditQuery>, reader: KeyPrincipal): AuditFilter {
  const { action, actor_id: actorId, resource_id: resourceId } = query
  const { created_from: from, created_before: before } = query
  return {
    ...(action !== undefined && { action }),
    ...(actorId !== undefined && { actor: { id: actorId, platformToo: reader.key.platform } }),
    ...(resourceId !== undefined && { resourceId }),
    ...(from !== undefined && { createdFrom: parseQueryTime('/created_from', from) }),
    ...(before !== undefined && { createdBefore: parseQueryTime('/created_before', before) }),
  }
}
