import { type Static, Type } from 'typebox'
import type { Deps } from '../../deps.ts'
import { originSeenBy } from '../../domain/audit-content.ts'
import {
  type AuditEvent,
  auditActions,
  auditResourceTypes,
  type Snapshot,
} from '../../domain/audit-event.ts'
import type { Principal } from '../../domain/principal.ts'
import { type AuditFilter, listAuditEvents } from '../../keys/audit/list-events.ts'
import type { App } from '../app-type.ts'
import { nextCursor, pageParameters, readPage } from '../paging.ts'
import { responses } from '../responses.ts'
import { closed, nullableRef, nullableString, oneOf, ref } from '../schema-tools.ts'
import { readTime } from './expiry.ts'
import { ActorBody, accountParameter, id, time } from './schemas.ts'

const snapshot = (description: string) =>
  Type.Unsafe<Snapshot | null>({
    type: ['object', 'null'],
    additionalProperties: true,
    description,
  })

const AuditResourceBody = Type.Object(
  {
    type: oneOf(auditResourceTypes),
    id: nullableString({ description: 'Null: an act on many.' }),
    name: nullableString({ description: 'As it was then.' }),
  },
  { $id: 'AuditResource', description: 'To what something happened.' },
)
const AuditKeySetBody = Type.Object(
  {
    count: Type.Integer(),
    digest: Type.String({ description: 'SHA-256 of their ids in order, one a line.' }),
  },
  { $id: 'AuditKeySet', description: 'The keys of an act on many.' },
)
const AuditEventBody = Type.Object(
  {
    id: id(),
    number: Type.Integer({
      format: 'int64',
      description: 'Its place in the chain of the account: from 1 on, without gaps.',
    }),
    account_id: id(),
    created_at: time(),
    action: oneOf(auditActions),
    actor: ref(ActorBody),
    api_key_id: nullableString({
      description:
        'The key that was presented; null for the service itself, and where a key of the platform was.',
    }),
    client_ip: nullableString({ description: 'From where; null like `api_key_id`, or unknown.' }),
    request_id: nullableString({ description: 'The `X-Request-Id` of the answer.' }),
    resource: ref(AuditResourceBody),
    before: snapshot('What differs, as it was; null: there was nothing.'),
    after: snapshot('The same as it is; null: nothing is left.'),
    reason: nullableString(),
    api_keys: nullableRef(AuditKeySetBody),
  },
  { $id: 'AuditEvent', description: 'Something that was done.' },
)
const AuditEventPage = Type.Object(
  {
    audit_events: Type.Array(ref(AuditEventBody)),
    next_cursor: nullableString({ description: 'Null: this is the last page.' }),
  },
  { $id: 'AuditEventPage', description: 'A page of events.' },
)
export const auditComponents = [AuditResourceBody, AuditKeySetBody, AuditEventBody, AuditEventPage]

const timeInput = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', description }))
const AuditQuery = Type.Object(
  {
    ...pageParameters(['created_at']),
    action: Type.Optional(oneOf(auditActions, { description: 'What was done.' })),
    actor_id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        pattern: '^[^\\u0000]*$',
        description: 'The id of the user or key that did it.',
      }),
    ),
    resource_id: Type.Optional(id('To what it was done; of a key, in acts on many too.')),
    created_from: timeInput('Only events of this time or later.'),
    created_before: timeInput('Only events before this time.'),
  },
  closed,
)

export function auditEventRoutes(app: App, deps: Deps): void {
  app.get(
    '/v1/accounts/:account_id/audit-events',
    {
      config: { access: { permission: 'audit_event:read' } },
      schema: {
        operationId: 'listAuditEvents',
        tags: ['Audit'],
        summary: 'List audit events',
        description:
          'What was done in the account, by whom, from where. All filters that are given must hold.',
        params: Type.Object({ account_id: accountParameter }),
        querystring: AuditQuery,
        response: responses({ 200: ref(AuditEventPage) }, { problems: [404] }),
      },
    },
    async (request) => {
      const wanted = readPage(request.query)
      const filter = readFilter(request.query, request.principal)
      const page = await listAuditEvents(deps, request.params.account_id, filter, wanted)
      return {
        audit_events: page.items.map((event) => toBody(event, request.principal)),
        next_cursor: nextCursor(page, wanted),
      }
    },
  )
}

function readFilter(query: Static<typeof AuditQuery>, reader: Principal): AuditFilter {
  const { action, actor_id: actorId, resource_id: resourceId } = query
  const { created_from: from, created_before: before } = query
  return {
    ...(action !== undefined && { action }),
    ...(actorId !== undefined && { actor: { id: actorId, platformToo: reader.key.platform } }),
    ...(resourceId !== undefined && { resourceId }),
    ...(from !== undefined && { createdFrom: readTime('/created_from', from) }),
    ...(before !== undefined && { createdBefore: readTime('/created_before', before) }),
  }
}

function toBody(event: AuditEvent, reader: Principal): Static<typeof AuditEventBody> {
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
