import type { Static } from 'typebox'
import type { Account } from '../../domain/account.ts'
import { type ApiKey, statusOf } from '../../domain/key/api-key.ts'
import { isOver } from '../../domain/key/rotation.ts'
import type { AllowList } from '../../domain/network/allow-list.ts'
import type { CatalogueEntry } from '../../domain/permission.ts'
import { actorSeenBy, type Principal } from '../../domain/principal.ts'
import type { Role } from '../../domain/role.ts'
import { hintOf } from '../../domain/token/token.ts'
import type { AccountBody, AllowListBody, ApiKeyBody, PermissionBody, RoleBody } from './schemas.ts'

/** A key as the principal may see it. */
export function toApiKeyBody(
  apiKey: ApiKey,
  reader: Principal,
  now: Date,
): Static<typeof ApiKeyBody> {
  const { platform } = reader.key
  return {
    id: apiKey.id,
    account_id: apiKey.accountId,
    name: apiKey.name,
    description: apiKey.description,
    role: apiKey.role,
    status: statusOf(apiKey, now),
    reach: apiKey.reach,
    allow_list_ids: [...apiKey.allowListIds],
    created_at: apiKey.createdAt.toISOString(),
    created_by: actorSeenBy(apiKey.createdBy, platform),
    expires_at: toTime(apiKey.expiresAt),
    last_used_at: toTime(apiKey.lastUsedAt),
    use_count: apiKey.useCount,
    generation: apiKey.generation,
    overlap_ends_at: toTime(
      isOver({ endsAt: apiKey.overlapEndsAt }, now) ? null : apiKey.overlapEndsAt,
    ),
    metadata: { ...apiKey.metadata },
    disabled_at: toTime(apiKey.disabledAt),
    revoked_at: toTime(apiKey.revokedAt),
    revoked_by: apiKey.revokedBy && actorSeenBy(apiKey.revokedBy, platform),
    revocation_reason: apiKey.revocationReason,
    hint: hintOf(apiKey.tokenPrefix, apiKey.id),
  }
}

export function toAccountBody(account: Account): Static<typeof AccountBody> {
  return {
    id: account.id,
    name: account.name,
    project_id: account.projectId,
    created_at: account.createdAt.toISOString(),
  }
}

export function toRoleBody(role: Role): Static<typeof RoleBody> {
  return {
    id: role.id,
    account_id: role.accountId,
    name: role.name,
    description: role.description,
    permissions: [...role.permissions],
    built_in: role.builtIn,
  }
}

export function toAllowListBody(list: AllowList): Static<typeof AllowListBody> {
  return {
    id: list.id,
    account_id: list.accountId,
    name: list.name,
    description: list.description,
    entries: [...list.entries],
    created_at: list.createdAt.toISOString(),
    updated_at: list.updatedAt.toISOString(),
  }
}

export function toPermissionBody(entry: CatalogueEntry): Static<typeof PermissionBody> {
  return {
    name: entry.name,
    title: entry.title,
    description: entry.description,
    scope: entry.scope,
    sensitive: entry.sensitive,
    implies: [...entry.implies],
  }
}

function toTime(time: Date | null): string | null {
  return time?.toISOString() ?? null
}
