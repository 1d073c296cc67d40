import type { Grant, Grantor } from '../../domain/grant.ts'
import type { EffectivePermissions } from '../../domain/permission.ts'

/** What a role gives: its permissions. It says nothing of reach, so it asks for no more reach than its author has. */
export function allOf(effective: EffectivePermissions, author: Grantor): Grant {
  return {
    permissions: [...effective.account, ...effective.platform],
    reach: author.reach,
    allowListIds: author.allowListIds,
  }
}
