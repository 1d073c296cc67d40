import type { Static } from 'typebox'
import type { Catalogue } from '../../domain/permission.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import type { Role } from '../../domain/role.ts'
import type { Dependent } from '../../management/api-keys/list-dependents.ts'
import type { RoleWithEffects } from '../../management/roles/list.ts'
import { issuerSeenBy } from './issuer.ts'
import { namedByAeon, toResourcePermissions } from './permissions.ts'
import type { RoleData } from './role-schemas.ts'

/** What is to be shown of roles besides themselves. */
export interface RoleView {
  readonly reader: KeyPrincipal
  /** The active keys that have them; undefined if the reader may not see keys. */
  readonly holders: readonly Dependent[]
  /** Undefined: permissions are not to be shown. */
  readonly catalogue: Catalogue | undefined
}

/** A role as the answers about roles show it. */
export function toRoleData(role: RoleWithEffects, view: RoleView): Static<typeof RoleData> {
  const { spec, info } = toEmbeddedRole({ ...role, live: true })
  const entries = view.catalogue === undefined ? [] : namedByAeon(view.catalogue, view.reader)
  return {
    spec: { ...spec, permissions: toResourcePermissions(entries, role.permissions) },
    info: {
      ...info,
      effective_permissions: toResourcePermissions(entries, role.effective),
      users: [],
      api_keys: view.holders
        .filter((holder) => holder.holdsId === role.id)
        .map((holder) => ({
          name: holder.name,
          issuer: issuerSeenBy(holder.createdBy, view.reader),
          status: 'ACTIVE',
        })),
    },
  }
}

/** A role as its keys show it: without permissions, and without those who have it. */
export function toEmbeddedRole(role: Role & { readonly live: boolean }): Static<typeof RoleData> {
  const builtIn = role.builtIn ? builtInNames.get(role.name) : undefined
  return {
    spec: { name: builtIn?.name ?? role.name, description: role.description, permissions: [] },
    info: {
      id: role.id,
      display_name: builtIn?.displayName ?? role.name,
      account_id: role.accountId,
      is_active: role.live,
      is_user_defined: !role.builtIn,
      effective_permissions: [],
      users: null,
      api_keys: null,
      metadata: {
        created_on: role.createdAt.toISOString(),
        updated_on: role.updatedAt.toISOString(),
      },
    },
  }
}

/** The built-in roles as Aeon calls them. A display name differs from ours by its case only, so either finds it. */
const builtInNames: ReadonlyMap<string, { readonly name: string; readonly displayName: string }> =
  new Map([
    ['admin', { name: 'account_admin', displayName: 'Admin' }],
    ['developer', { name: 'account_dev', displayName: 'Developer' }],
    ['viewer', { name: 'account_viewer', displayName: 'Viewer' }],
    ['verifier', { name: 'account_verifier', displayName: 'Verifier' }],
  ])
