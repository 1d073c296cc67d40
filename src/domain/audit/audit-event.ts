import type { Actor } from '../key/api-key.ts'
import { formatAddress } from '../network/address.ts'
import { actorOf, type Principal } from '../principal.ts'

/** What can have happened: a closed list, an enum in OpenAPI. */
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
  'api_key.denied',
  'api_key.expires_soon',
  'api_key.expired',
  'tag_key.published',
  'tag_key.rotated',
  'permission_catalogue.replaced',
] as const
export type AuditAction = (typeof auditActions)[number]

export const auditResourceTypes = [
  'account',
  'role',
  'allow_list',
  'api_key',
  'tag_key',
  'permission_catalogue',
] as const
export type AuditResourceType = (typeof auditResourceTypes)[number]

/** To what something happened. A bulk act has no one thing: then `id` is null. */
export interface AuditResource {
  readonly type: AuditResourceType
  readonly id: string | null
  readonly name: string | null
}

/** Facts as JSON has them. Never a token, a secret, a hash or a pepper. */
export type Snapshot = { readonly [name: string]: SnapshotValue }
type SnapshotValue = string | number | boolean | null | readonly SnapshotValue[] | Snapshot

/** By whom, from where and in which request something was done. */
export interface AuditOrigin {
  readonly actor: Actor
  /** The key that was presented; null where the service itself acted. */
  readonly via: { readonly apiKeyId: string; readonly platform: boolean } | null
  readonly clientIp: string | null
  readonly requestId: string | null
}

/** What an act says of itself, before it has its place in the chain. */
export interface AuditDraft {
  /** Whose trail it belongs to: the account of what changed. */
  readonly accountId: string
  readonly action: AuditAction
  readonly resource: AuditResource
  /** What differs, as it was; null where there was nothing. */
  readonly before: Snapshot | null
  /** The same as it is; null where nothing is left. */
  readonly after: Snapshot | null
  readonly reason?: string | null
  /** The keys of a bulk act. */
  readonly apiKeyIds?: readonly string[]
}

export interface AuditEvent extends Omit<AuditDraft, 'reason' | 'apiKeyIds'> {
  readonly id: string
  /** Its place in the chain of its account: from 1 on, without gaps. */
  readonly number: number
  readonly createdAt: Date
  readonly origin: AuditOrigin
  readonly reason: string | null
  /** Of a bulk act: how many keys, and the digest of their ids. */
  readonly apiKeys: KeySet | null
  /** The audit key that its link was made with; null: none. */
  readonly auditKeyId: string | null
}

export interface KeySet {
  readonly count: number
  /** SHA-256 of the ids in their order, one a line, in hexadecimal. */
  readonly digest: string
}

/** The origin of what a caller does. */
export function originOf(principal: Principal): AuditOrigin {
  const { key, address, requestId } = principal
  return {
    actor: actorOf(principal),
    via: { apiKeyId: key.id, platform: key.platform },
    clientIp: address === undefined ? null : formatAddress(address),
    requestId,
  }
}

/** The origin of what the service does by itself, or somebody with the database by a command. */
export const systemOrigin: AuditOrigin = {
  actor: { kind: 'system', id: null, name: null },
  via: null,
  clientIp: null,
  requestId: null,
}
