import type { Actor } from '../key/api-key.ts'
import { formatAddress } from '../network/format-address.ts'
import { actorOf, type Principal, rightsOf } from '../principal.ts'

/** The actions that the audit log records: a closed list, an enum in OpenAPI. */
export const auditActions = [
  'account.created',
  'account.updated',
  'role.created',
  'role.updated',
  'role.deleted',
  'allow_list.created',
  'allow_list.updated',
  'allow_list.deleted',
  'api_key.issued',
  'api_key.updated',
  'api_key.rotated',
  'api_key.disabled',
  'api_key.enabled',
  'api_key.revoked',
  'api_key.bulk_revoked',
  'api_key.bulk_disabled',
  'api_key.denied',
  'api_key.expires_soon',
  'api_key.expired',
  'tag_key.published',
  'tag_key.rotated',
  'permission_catalogue.replaced',
  'session.link_issued',
  'session.started',
  'session.confirmed',
  'session.ended',
  'user.added',
  'user.updated',
  'user.removed',
  'invitation.sent',
  'invitation.resent',
  'invitation.withdrawn',
  'invitation.redeemed',
] as const
export type AuditAction = (typeof auditActions)[number]

export const auditResourceTypes = [
  'account',
  'role',
  'allow_list',
  'api_key',
  'tag_key',
  'permission_catalogue',
  'session',
  'user',
  'invitation',
] as const
export type AuditResourceType = (typeof auditResourceTypes)[number]

/** The resource that an action changed. A bulk act changes many resources: `id` is then null. */
export interface AuditResource {
  readonly type: AuditResourceType
  readonly id: string | null
  readonly name: string | null
}

/** Plain JSON data. It never holds a token, a secret, a hash or a pepper. */
export type Snapshot = { readonly [name: string]: SnapshotValue }
type SnapshotValue = string | number | boolean | null | readonly SnapshotValue[] | Snapshot

/** The key or the person that acted, and the session of the console by which it did. */
export interface AuditVia {
  /** Null: a person acted, whom the actor names. */
  readonly apiKeyId: string | null
  readonly platform: boolean
  /** Null: the token of the key was presented. */
  readonly sessionId: string | null
}

/** Who acted, from which address and in which request. */
export interface AuditOrigin {
  readonly actor: Actor
  /** What was presented; null where the service itself acted. */
  readonly via: AuditVia | null
  readonly clientIp: string | null
  readonly requestId: string | null
}

/** An event as an act describes it, before the event has a place in its chain. */
export interface AuditDraft {
  /** The account whose audit log records the event: the owner of the changed resource. */
  readonly accountId: string
  readonly action: AuditAction
  readonly resource: AuditResource
  /** The members that differ, with their old values; null where the resource did not exist. */
  readonly before: Snapshot | null
  /** The same members with their new values; null where the resource no longer exists. */
  readonly after: Snapshot | null
  readonly reason?: string | null
  /** The keys that a bulk act changed. */
  readonly apiKeyIds?: readonly string[]
}

export interface AuditEvent extends Omit<AuditDraft, 'reason' | 'apiKeyIds'> {
  readonly id: string
  /** The event's place in the chain of its account, from 1 without gaps. */
  readonly number: number
  readonly createdAt: Date
  readonly origin: AuditOrigin
  readonly reason: string | null
  /** Of a bulk act: the number of keys, and the digest of their ids. */
  readonly apiKeys: KeySet | null
  /** The audit key under which the entry hash was computed; null: a plain SHA-256. */
  readonly auditKeyId: string | null
}

export interface KeySet {
  readonly count: number
  /** SHA-256 of the sorted ids, one on each line, in hexadecimal. */
  readonly digest: string
}

/** The origin of an act of the principal. The service itself acts from nowhere, in no request. */
export function originOf(principal: Principal): AuditOrigin {
  const actor = actorOf(principal)
  if (principal.kind === 'system') return { actor, via: null, clientIp: null, requestId: null }
  const { address, requestId, session } = principal
  return {
    actor,
    via: {
      apiKeyId: principal.kind === 'key' ? principal.key.id : null,
      platform: rightsOf(principal).platform,
      sessionId: session?.id ?? null,
    },
    clientIp: address === undefined ? null : formatAddress(address),
    requestId,
  }
}
