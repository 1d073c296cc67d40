import type { Static } from 'typebox'
import { listAuditEvents } from '../../../management/audit/list-events.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import type { Column } from '../export/csv.ts'
import { exportList, exportSchema } from '../export/export-list.ts'
import { accountParams } from '../shapes/account.ts'
import { type AuditEventBody, toAuditEventBody } from './audit-event.ts'
import { eventFilterParameters, parseEventFilter } from './filter.ts'

type Shown = Static<typeof AuditEventBody>

const columns: readonly Column<Shown>[] = [
  { name: 'number', of: (event) => event.number },
  { name: 'id', of: (event) => event.id },
  { name: 'created_at', of: (event) => event.created_at },
  { name: 'action', of: (event) => event.action },
  { name: 'actor_kind', of: (event) => event.actor.kind },
  { name: 'actor_id', of: (event) => event.actor.id },
  { name: 'actor_name', of: (event) => event.actor.name },
  { name: 'api_key_id', of: (event) => event.api_key_id },
  { name: 'client_ip', of: (event) => event.client_ip },
  { name: 'request_id', of: (event) => event.request_id },
  { name: 'resource_type', of: (event) => event.resource.type },
  { name: 'resource_id', of: (event) => event.resource.id },
  { name: 'resource_name', of: (event) => event.resource.name },
  { name: 'reason', of: (event) => event.reason },
  { name: 'before', of: (event) => event.before },
  { name: 'after', of: (event) => event.after },
  { name: 'api_key_count', of: (event) => event.api_keys?.count },
]

export function exportAuditEventsRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/audit-events/export',
    {
      config: { access: { permission: 'audit_event:read' } },
      schema: {
        operationId: 'exportAuditEvents',
        tags: ['Audit'],
        params: accountParams,
        ...exportSchema('audit events', eventFilterParameters),
      },
    },
    (request, reply) => {
      const { principal, params, query } = request
      const filter = parseEventFilter(query, principal)
      return exportList(deps, request, reply, {
        format: query.format,
        name: 'audit-events',
        columns,
        loadPage: async (page) => {
          const { items, next } = await listAuditEvents(deps, params.account_id, filter, page)
          return { items: items.map((event) => toAuditEventBody(event, principal)), next }
        },
      })
    },
  )
}
