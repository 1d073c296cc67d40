import { type Static, Type } from 'typebox'
import type { Catalogue } from '../../../domain/permission.ts'
import type { CallerPrincipal } from '../../../domain/principal.ts'
import type { Role } from '../../../domain/role.ts'
import type { Dependent } from '../../../management/api-keys/list-dependents.ts'
import type { RoleWithEffects } from '../../../management/roles/list.ts'
import type { RoleUser } from '../../../management/users/list-of-roles.ts'
import { ref } from '../../schema-tools.ts'
import { EntityMetadata } from './entity-metadata.ts'
import { pathId } from './fields.ts'
import { issuerSeenBy } from './issuer.ts'
import { ApiKeyStatusEnum } from './key-status.ts'
import { namedByAeon, toResourcePermissions } from './permission.ts'
import { ResourcePermissionInfo } from './permission-schemas.ts'
import { RoleSpec } from './role-schemas.ts'
import { toAeonUserState, toUserSpec, UserSpecWithStateInfo } from './user-state.ts'

/** A key in the list of the keys of a role or of an allow list. */
export const ApiKeyBasicInfo = Type.Object(
  {
    name: Type.String({ description: 'Name of the key.' }),
    issuer: Type.Optional(
      Type.String({ description: 'The user or key that issued the key. Not in allow lists.' }),
    ),
    status: Type.Optional(ref(ApiKeyStatusEnum)),
  },
  { $id: 'ApiKeyBasicInfo', description: 'A key that uses a role or an allow list.' },
)

export const RoleData = Type.Object(
  {
    spec: ref(RoleSpec),
    info: Type.Object(
      {
        id: Type.String({ format: 'uuid', description: 'Id of the role.' }),
        display_name: Type.String({ description: 'Name by which clients find the role.' }),
        account_id: Type.String({ format: 'uuid', description: 'Id of the account of the role.' }),
        is_active: Type.Boolean({ description: 'False: the role is deleted.' }),
        is_user_defined: Type.Boolean({ description: 'False: the role is built in.' }),
        effective_permissions: Type.Array(ref(ResourcePermissionInfo), {
          description: 'The permissions of the role with all that they imply.',
        }),
        users: Type.Unsafe<Static<typeof UserSpecWithStateInfo>[] | null>({
          type: 'array',
          nullable: true,
          items: ref(UserSpecWithStateInfo),
          description: 'The users with the role, the newest first. Null inside a key or a user.',
        }),
        api_keys: Type.Unsafe<{ name: string; issuer: string; status: 'ACTIVE' }[] | null>({
          type: 'array',
          nullable: true,
          items: ref(ApiKeyBasicInfo),
          description: 'The active keys with the role, the newest first. Null inside a key.',
        }),
        metadata: ref(EntityMetadata),
      },
      { description: 'What the service sets of a role.' },
    ),
  },
  { $id: 'RoleData', description: 'A role.' },
)

export const RoleResponse = Type.Object(
  { data: ref(RoleData) },
  { $id: 'RoleResponse', description: 'One role.' },
)

export const roleParams = Type.Object({
  account_id: pathId('Id of the account.'),
  id: pathId('Id of the role.'),
})

/** What the answers about roles need besides the roles. */
export interface RoleView {
  readonly reader: CallerPrincipal
  /** The active keys by the id of their role; none if the reader may not read keys. */
  readonly dependents: ReadonlyMap<string, readonly Dependent[]>
  /** The users by the id of their role; none if the reader may not read users. */
  readonly users: ReadonlyMap<string, readonly RoleUser[]>
  readonly now: Date
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
      users: (view.users.get(role.id) ?? []).map((user) => ({
        ...toUserSpec(user.person),
        state: toAeonUserState(user, view.now),
      })),
      api_keys: (view.dependents.get(role.id) ?? []).map(({ name, createdBy }) => ({
        name,
        issuer: issuerSeenBy(createdBy, view.reader),
        status: 'ACTIVE',
      })),
    },
  }
}

/** A role inside a key or a user: without its permissions, its users and its keys. */
export function toEmbeddedRole(role: Role & { readonly live: boolean }): Static<typeof RoleData> {
  const builtIn = role.builtIn ? builtInNames.get(role.name) : undefined
  return {
    spec: {
      name: builtIn?.name ?? role.name,
      description: builtIn?.description ?? role.description,
      permissions: [],
    },
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

interface BuiltInNames {
  readonly name: string
  readonly displayName: string
  /** Absent where no public source shows Aeon's. */
  readonly description?: string
}

/**
 * The built-in roles as the recorded answers of Aeon name and describe them. A display name differs
 * from the role's name in case only.
 */
const builtInNames: ReadonlyMap<string, BuiltInNames> = new Map([
  [
    'admin',
    {
      name: 'account_admin',
      displayName: 'Admin',
      description: 'Full access to all operations, including billing and user management',
    },
  ],
  [
    'developer',
    {
      name: 'account_dev',
      displayName: 'Developer',
      description: 'Full access on cluster/backup - no billing or user management rights',
    },
  ],
  ['viewer', { name: 'account_viewer', displayName: 'Viewer' }],
  ['verifier', { name: 'account_verifier', displayName: 'Verifier' }],
])
