import { type Static, Type } from 'typebox'
import {
  type AuditEvent,
  auditActions,
  auditResourceTypes,
  type Snapshot,
} from '../../../domain/audit/audit-event.ts'
import { originSeenBy } from '../../../domain/audit/content.ts'
import { maxActorIdLength } from '../../../domain/limits.ts'
import type { KeyPrincipal } from '../../../domain/principal.ts'
import { type AuditFilter, listAuditEvents } from '../../../management/audit/list-events.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { nextCursor, pageParameters, parsePage } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, nullableRef, nullableString, oneOf, ref } from '../../schema-tools.ts'
import { parseTime } from '../parse-time.ts'
import { accountParams } from '../shapes/account.ts'
import { ActorBody } from '../shapes/actor.ts'
import { id, nextCursorField, textFilter, time, timeFilter } from '../shapes/fields.ts'

const snapshot = (description: string) =>
  Type.Unsafe<Snapshot | null>({
    type: ['object', 'null'],
    additionalProperties: true,
    description,
  })

export const AuditResourceBody = Type.Object(
  {
    type: oneOf(auditResourceTypes),
    id: nullableString({ description: 'Null for a bulk event.' }),
    name: nullableString({ description: 'Name at the time of the event.' }),
  },
  { $id: 'AuditResource', description: 'The resource that the event concerns.' },
)

export const AuditKeySetBody = Type.Object(
  {
    count: Type.Integer(),
    digest: Type.String({ description: 'SHA-256 of the key ids in order, one id per line.' }),
  },
  { $id: 'AuditKeySet', description: 'The keys that a bulk event changed.' },
)

export const AuditEventBody = Type.Object(
  {
    id: id(),
    number: Type.Integer({
      format: 'int64',
      description:
        'Position of the event in the hash chain of the account: starts at 1, without gaps.',
    }),
    account_id: id(),
    created_at: time(),
    action: oneOf(auditActions),
    actor: ref(ActorBody),
    api_key_id: nullableString({
      description:
        'Id of the key that authenticated the request. Null if the service itself acted, or a key of the platform account.',
    }),
    client_ip: nullableString({
      description:
        'Client address. Null whenever `api_key_id` is null, and if the address is unknown.',
    }),
    request_id: nullableString({ description: 'The `X-Request-Id` of the response.' }),
    resource: ref(AuditResourceBody),
    before: snapshot('The changed fields before the event. Null if the resource did not exist.'),
    after: snapshot('The changed fields after the event. Null if the resource no longer exists.'),
    reason: nullableString(),
    api_keys: nullableRef(AuditKeySetBody),
  },
  { $id: 'AuditEvent', description: 'An entry of the audit log.' },
)

export const AuditEventPage = Type.Object(
  {
    audit_events: Type.Array(ref(AuditEventBody)),
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
    ...(from !== undefined && { createdFrom: parseTime('/created_from', from) }),
    ...(before !== undefined && { createdBefore: parseTime('/created_before', before) }),
  }
}

function toAuditEventBody(event: AuditEvent, reader: KeyPrincipal): Static<typeof AuditEventBody> {
  const { actor, via, clientIp, requestId } = originSeenBy(event.origin, reader.key.platform)
  return {
    id: event.id,
    number: event.number,
    account_id: event.accountId,
    created_at: event.createdAt.toISOString(),
    action: event.action,
    actor,
    api_key_id: via?.apiKeyId ?? null,
    client_ip: clientIp,
    request_id: requestId,
    resource: event.resource,
    before: event.before,
    after: event.after,
    reason: event.reason,
    api_keys: event.apiKeys,
  }
}
