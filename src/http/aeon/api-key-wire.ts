import type { Static } from 'typebox'
import { type ApiKey, type KeyStatus, statusOf } from '../../domain/key/api-key.ts'
import { actorSeenBy, type KeyPrincipal } from '../../domain/principal.ts'
import type { RoleOfKey } from '../../management/roles/of-keys.ts'
import { issuerSeenBy } from './issuer.ts'
import type { keyStatuses } from './role-schemas.ts'
import { toEmbeddedRole } from './role-wire.ts'
import type { ApiKeyData } from './schemas.ts'

type AeonStatus = (typeof keyStatuses)[number]

const never = '2099-12-31T00:00Z'
const notYetUsed = 'Not yet used'
const msPerHour = 3_600_000

/** A key as the principal may see it. */
export function toApiKeyData(
  apiKey: ApiKey,
  role: RoleOfKey | undefined,
  reader: KeyPrincipal,
  now: Date,
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
        updated_on: (apiKey.revokedAt ?? apiKey.disabledAt ?? apiKey.createdAt).toISOString(),
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

/** The clients know no disabled keys, and their enum is strict: to them one is revoked, at no time. */
function toAeonStatus(status: KeyStatus): AeonStatus {
  switch (status) {
    case 'active':
      return 'ACTIVE'
    case 'expired':
      return 'EXPIRED'
    case 'revoked':
    case 'disabled':
      return 'REVOKED'
  }
}

/** Our statuses that the clients call by one of theirs. */
export const statusesOfAeon: Readonly<Record<AeonStatus, readonly KeyStatus[]>> = {
  ACTIVE: ['active'],
  EXPIRED: ['expired'],
  REVOKED: ['revoked', 'disabled'],
}

/** Whole hours: of a key that another face issued, the nearest, but never 0, which says never. */
function hoursOf({ createdAt, expiresAt }: ApiKey): number {
  if (expiresAt === null) return 0
  return Math.max(1, Math.round((expiresAt.getTime() - createdAt.getTime()) / msPerHour))
}

export function expiryAfter(hours: number, now: Date): Date | null {
  return hours === 0 ? null : new Date(now.getTime() + hours * msPerHour)
}

function revocationOf(apiKey: ApiKey, reader: KeyPrincipal) {
  const by = apiKey.revokedBy && actorSeenBy(apiKey.revokedBy, reader.key.platform)
  const user = by?.kind === 'user' ? by : undefined
  const key = by?.kind === 'api_key' || by?.kind === 'platform' ? by : undefined
  return {
    revoked_by_user_id: user?.id ?? null,
    revoked_by_user_email: user?.name ?? null,
    revoked_by_api_key_id: key?.id ?? null,
    revoked_by_api_key_name: key?.name ?? null,
    revoked_at_time: apiKey.revokedAt?.toISOString() ?? null,
  }
}
