import { type Static, Type } from 'typebox'
import { formatTime } from '../../../domain/format-time.ts'
import { type ApiKey, statusOf } from '../../../domain/key/api-key.ts'
import { maxKeyHours } from '../../../domain/limits.ts'
import { actorSeenBy, type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import type { RoleOfHolder } from '../../../management/roles/of-holders.ts'
import type { ApiKeyData } from './api-key-schemas.ts'
import { pathId } from './fields.ts'
import { issuerSeenBy } from './issuer.ts'
import { toAeonStatus } from './key-status.ts'
import { toEmbeddedRole } from './role.ts'

export const keyParams = Type.Object({
  account_id: pathId('Id of the account.'),
  id: pathId('Id of the key.'),
})

const never = '2099-12-31T00:00Z'
const notYetUsed = 'Not yet used'
const msPerHour = 3_600_000

/** What an answer about a key needs besides the key. */
export interface KeyView {
  readonly role: RoleOfHolder | undefined
  /** When the key was last changed. */
  readonly changedAt: Date
  readonly reader: CallerPrincipal
  readonly now: Date
}

/** The key as the reader may see it. */
export function toApiKeyData(
  apiKey: ApiKey,
  { role, changedAt, reader, now }: KeyView,
): Static<typeof ApiKeyData> {
  if (role === undefined) throw new Error('A key was read without its role.')
  return {
    spec: {
      name: apiKey.name,
      description: apiKey.description,
      expire_after_hours: hoursOf(apiKey),
      role_id: apiKey.role.id,
      allow_list_info: [...apiKey.allowListIds],
    },
    info: {
      id: apiKey.id,
      issuer: issuerSeenBy(apiKey.createdBy, reader),
      metadata: {
        created_on: apiKey.createdAt.toISOString(),
        updated_on: changedAt.toISOString(),
      },
      expiry_time: apiKey.expiresAt?.toISOString() ?? never,
      status: toAeonStatus(statusOf(apiKey, now)),
      last_used_time: apiKey.lastUsedAt?.toISOString() ?? notYetUsed,
      usage_count: apiKey.useCount,
      account_id: apiKey.accountId,
      ...revocationOf(apiKey, reader),
      role: toEmbeddedRole(role),
    },
  }
}

/**
 * The lifetime rounded to whole hours: at least 1, since 0 means no expiry to the clients, and at
 * most what the API accepts, since the native API has later expiries.
 */
function hoursOf({ createdAt, expiresAt }: ApiKey): number {
  if (expiresAt === null) return 0
  const hours = Math.round((expiresAt.getTime() - createdAt.getTime()) / msPerHour)
  return Math.min(Math.max(1, hours), maxKeyHours)
}

export function expiryAfter(hours: number, now: Date): Date | null {
  return hours === 0 ? null : new Date(now.getTime() + hours * msPerHour)
}

function revocationOf(apiKey: ApiKey, reader: CallerPrincipal) {
  const by = apiKey.revokedBy && actorSeenBy(apiKey.revokedBy, rightsOf(reader).platform)
  const user = by?.kind === 'user' ? by : undefined
  const key = by?.kind === 'api_key' || by?.kind === 'platform' ? by : undefined
  return {
    revoked_by_user_id: user?.id ?? null,
    revoked_by_user_email: user?.name ?? null,
    revoked_by_api_key_id: key?.id ?? null,
    revoked_by_api_key_name: key?.name ?? null,
    revoked_at_time: formatTime(apiKey.revokedAt),
  }
}
