import { canonicalJson } from '../canonical-json.ts'
import type { Actor } from '../key/api-key.ts'
import { actorSeenBy } from '../principal.ts'
import { redactTokens } from '../token/redaction.ts'
import type {
  AuditAction,
  AuditEvent,
  AuditResource,
  AuditVia,
  KeySet,
  Snapshot,
} from './audit-event.ts'

/** The JSON of an event's stored text. */
interface AuditContent {
  readonly account_id: string
  readonly action: AuditAction
  readonly actor: Actor
  readonly after: Snapshot | null
  readonly api_keys: KeySet | null
  readonly audit_key_id: string | null
  readonly before: Snapshot | null
  readonly client_ip: string | null
  readonly created_at: string
  readonly id: string
  readonly number: number
  readonly reason: string | null
  readonly request_id: string | null
  readonly resource: AuditResource
  readonly version: 1
  readonly via: StoredVia | null
}

/**
 * Without `session_id` where a token was presented: such events keep the text of version 1. Without
 * `api_key_id` where a person acted.
 */
interface StoredVia {
  readonly api_key_id?: string
  readonly platform: boolean
  readonly session_id?: string
}

/**
 * The stored text of an event, which the entry hash covers: JSON in the canonical form of RFC 8785.
 * Anything that looks like a token in a text that a caller wrote is redacted first.
 */
export function contentOf(event: AuditEvent): string {
  const { origin } = event
  const content: AuditContent = {
    account_id: event.accountId,
    action: event.action,
    actor: origin.actor,
    after: event.after,
    api_keys: event.apiKeys,
    audit_key_id: event.auditKeyId,
    before: event.before,
    client_ip: origin.clientIp,
    created_at: event.createdAt.toISOString(),
    id: event.id,
    number: event.number,
    reason: event.reason,
    request_id: origin.requestId,
    resource: event.resource,
    version: 1,
    via: origin.via && storedVia(origin.via),
  }
  return redactTokens(canonicalJson(content))
}

function storedVia({ apiKeyId, platform, sessionId }: AuditVia): StoredVia {
  return {
    ...(apiKeyId !== null && { api_key_id: apiKeyId }),
    platform,
    ...(sessionId !== null && { session_id: sessionId }),
  }
}

/**
 * Parses the stored text of an event. The text may have been altered: chain-check.ts verifies it.
 */
export function eventOf(text: string): AuditEvent {
  const content: AuditContent = JSON.parse(text)
  const { via } = content
  return {
    accountId: content.account_id,
    action: content.action,
    resource: content.resource,
    before: content.before,
    after: content.after,
    id: content.id,
    number: content.number,
    createdAt: new Date(content.created_at),
    origin: {
      actor: content.actor,
      via: via && {
        apiKeyId: via.api_key_id ?? null,
        platform: via.platform,
        sessionId: via.session_id ?? null,
      },
      clientIp: content.client_ip,
      requestId: content.request_id,
    },
    reason: content.reason,
    apiKeys: content.api_keys,
    auditKeyId: content.audit_key_id,
  }
}

/**
 * An origin as a reader may see it: tenants see that the platform acted, and for which user, but
 * neither which key or person of the platform acted nor the address.
 */
export function originSeenBy(
  origin: AuditEvent['origin'],
  platformReader: boolean,
): AuditEvent['origin'] {
  if (platformReader || origin.via?.platform !== true) return origin
  return {
    ...origin,
    actor: actorSeenBy(origin.actor, false),
    via: null,
    clientIp: null,
  }
}
