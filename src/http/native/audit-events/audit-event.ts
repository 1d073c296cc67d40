import { type Static, Type } from 'typebox'
import {
  type AuditEvent,
  auditActions,
  auditResourceTypes,
  type Snapshot,
} from '../../../domain/audit/audit-event.ts'
import { originSeenBy } from '../../../domain/audit/content.ts'
import { type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import { nullableRef, nullableString, openEnum, ref } from '../../schema-tools.ts'
import { ActorBody, toActorBody } from '../shapes/actor.ts'
import { id, time } from '../shapes/fields.ts'

export const AuditSnapshotBody = Type.Unsafe<Snapshot>({
  $id: 'AuditSnapshot',
  type: 'object',
  additionalProperties: true,
  description: 'Fields of a resource at one time. Each kind of resource has fields of its own.',
})

export const AuditResourceBody = Type.Object(
  {
    type: openEnum(auditResourceTypes, 'Kind of the resource.'),
    id: nullableString({ description: 'Null for a bulk event.' }),
    name: nullableString({ description: 'Name at the time of the event.' }),
  },
  { $id: 'AuditResource', description: 'The resource that the event concerns.' },
)

export const AuditKeySetBody = Type.Object(
  {
    count: Type.Integer({ description: 'Number of the keys.' }),
    digest: Type.String({ description: 'SHA-256 of the key ids in order, one id per line.' }),
  },
  { $id: 'AuditKeySet', description: 'The keys that a bulk event changed.' },
)

export const AuditEventBody = Type.Object(
  {
    id: id('Id of the event.'),
    number: Type.Integer({
      format: 'int64',
      description:
        'Position of the event in the hash chain of the account: starts at 1, without gaps.',
    }),
    account_id: id('Id of the account to whose log the event belongs.'),
    created_at: time('Time of the event.'),
    action: openEnum(auditActions, 'What happened.'),
    actor: ref(ActorBody),
    api_key_id: nullableString({
      description:
        'Id of the key that authenticated the request. Null if a person or the service itself acted, and if the platform account did.',
    }),
    session_id: nullableString({
      description:
        'Id of the session of the console by which the key or the person acted. Null if a token was presented, if the service itself acted, and if the platform account did.',
    }),
    client_ip: nullableString({
      description:
        'Client address. Null if it is unknown, if the service itself acted, and if the platform account did.',
    }),
    request_id: nullableString({ description: 'The `X-Request-Id` of the response.' }),
    resource: ref(AuditResourceBody),
    before: nullableRef(AuditSnapshotBody, {
      description: 'The changed fields before the event. Null if the resource did not exist.',
    }),
    after: nullableRef(AuditSnapshotBody, {
      description: 'The changed fields after the event. Null if the resource no longer exists.',
    }),
    reason: nullableString({ description: 'Reason that the caller gave. Null if there is none.' }),
    api_keys: nullableRef(AuditKeySetBody, { description: 'Null unless the event is bulk.' }),
  },
  { $id: 'AuditEvent', description: 'An entry of the audit log.' },
)

/** The event as `reader` may see it: only the platform account sees which of its callers acted. */
export function toAuditEventBody(
  event: AuditEvent,
  reader: CallerPrincipal,
): Static<typeof AuditEventBody> {
  const { actor, via, clientIp, requestId } = originSeenBy(event.origin, rightsOf(reader).platform)
  return {
    id: event.id,
    number: event.number,
    account_id: event.accountId,
    created_at: event.createdAt.toISOString(),
    action: event.action,
    actor: toActorBody(actor),
    api_key_id: via?.apiKeyId ?? null,
    session_id: via?.sessionId ?? null,
    client_ip: clientIp,
    request_id: requestId,
    resource: event.resource,
    before: event.before,
    after: event.after,
    reason: event.reason,
    api_keys: event.apiKeys,
  }
}
