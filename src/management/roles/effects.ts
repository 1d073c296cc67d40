import type { Grant, Grantor } from '../../domain/grant.ts'
import type { EffectivePermissions } from '../../domain/permission.ts'

/**
 * The grant of a role: its permissions. A role has no reach, so the grant asks for no more reach
 * than its author has.
 */
export function allOf(effective: EffectivePermissions, author: Grantor): Grant {
  return {
    permissions: [...effective.account, ...effective.platform],
    reach: author.reach,
    allowListIds: author.allowListIds,
  }
}
