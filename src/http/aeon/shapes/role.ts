import { type Static, Type } from 'typebox'
import type { Catalogue } from '../../../domain/permission.ts'
import type { KeyPrincipal } from '../../../domain/principal.ts'
import type { Role } from '../../../domain/role.ts'
import type { Dependent } from '../../../management/api-keys/list-dependents.ts'
import type { RoleWithEffects } from '../../../management/roles/list.ts'
import { oneOf, ref } from '../../schema-tools.ts'
import { maxDependentsShown } from './dependents.ts'
import { EntityMetadata } from './entity-metadata.ts'
import { issuerSeenBy } from './issuer.ts'
import { keyStatuses } from './key-status.ts'
import { namedByAeon, ResourcePermission, toResourcePermissions } from './permission.ts'

/** A key in the list of a role's keys. */
export const ApiKeyBasicInfo = Type.Object(
  { name: Type.String(), issuer: Type.String(), status: oneOf(keyStatuses) },
  { $id: 'ApiKeyBasicInfo' },
)

const permissions = Type.Array(ref(ResourcePermission))

export const RoleData = Type.Object(
  {
    spec: Type.Object({
      name: Type.String(),
      description: Type.String(),
      permissions,
    }),
    info: Type.Object({
      id: Type.String({ format: 'uuid' }),
      display_name: Type.String({ description: 'Name by which clients find the role.' }),
      account_id: Type.String({ format: 'uuid' }),
      is_active: Type.Boolean(),
      is_user_defined: Type.Boolean(),
      effective_permissions: permissions,
      users: Type.Unsafe<never[] | null>({
        type: ['array', 'null'],
        items: { type: 'object' },
        maxItems: 0,
        description: 'Empty or null: the service has no users.',
      }),
      api_keys: Type.Unsafe<{ name: string; issuer: string; status: 'ACTIVE' }[] | null>({
        type: ['array', 'null'],
        items: { $ref: 'ApiKeyBasicInfo#' },
        description: `The newest ${maxDependentsShown} active keys with the role. Null inside a key.`,
      }),
      metadata: ref(EntityMetadata),
    }),
  },
  { $id: 'RoleData' },
)

export const RoleResponse = Type.Object({ data: ref(RoleData) }, { $id: 'RoleResponse' })

export const roleParams = Type.Object({ account_id: Type.String(), id: Type.String() })

/** What the answers about roles need besides the roles. */
export interface RoleView {
  readonly reader: KeyPrincipal
  /** The active keys with these roles; none if the reader may not read keys. */
  readonly dependents: readonly Dependent[]
  /** Undefined: the answer shows no permissions. */
  readonly catalogue: Catalogue | undefined
}

/** A role in an answer about roles. */
export function toRoleData(role: RoleWithEffects, view: RoleView): Static<typeof RoleData> {
  const { spec, info } = toEmbeddedRole({ ...role, live: true })
  const entries = view.catalogue === undefined ? [] : namedByAeon(view.catalogue, view.reader)
  return {
    spec: { ...spec, permissions: toResourcePermissions(entries, role.permissions) },
    info: {
      ...info,
      effective_permissions: toResourcePermissions(entries, role.effective),
      users: [],
      api_keys: view.dependents
        .filter((dependent) => dependent.holdsId === role.id)
        .map((dependent) => ({
          name: dependent.name,
          issuer: issuerSeenBy(dependent.createdBy, view.reader),
          status: 'ACTIVE',
        })),
    },
  }
}

/** A role inside a key: without its permissions and its keys. */
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

/** Aeon's names of the built-in roles. A display name differs from the role's name in case only. */
const builtInNames: ReadonlyMap<string, { readonly name: string; readonly displayName: string }> =
  new Map([
    ['admin', { name: 'account_admin', displayName: 'Admin' }],
    ['developer', { name: 'account_dev', displayName: 'Developer' }],
    ['viewer', { name: 'account_viewer', displayName: 'Viewer' }],
    ['verifier', { name: 'account_verifier', displayName: 'Verifier' }],
  ])
