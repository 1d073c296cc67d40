import { type Static, Type } from 'typebox'
import { maxPermissionsPerRole } from '../../../domain/limits.ts'
import type { Role } from '../../../domain/role.ts'
import type { RoleUses } from '../../../management/roles/list.ts'
import { closed, ref } from '../../schema-tools.ts'
import { accountParameter } from './account.ts'
import { descriptionInput, id, keyCount, nameInput, pathId, permissionInput } from './fields.ts'

export const RoleRefBody = Type.Object(
  {
    id: id('Id of the role.'),
    name: Type.String({ description: 'Name of the role.', examples: ['developer'] }),
  },
  { $id: 'RoleRef', description: 'The role of a key.' },
)

export const RoleBody = Type.Object(
  {
    id: id('Id of the role.'),
    account_id: id('Id of the account that owns the role.'),
    name: Type.String({ description: 'Name of the role.', examples: ['developer'] }),
    description: Type.String({ description: 'A text for people; may be empty.' }),
    permissions: Type.Array(Type.String(), {
      description: 'The permissions as given, without implied permissions.',
    }),
    built_in: Type.Boolean({
      description: 'Whether the role exists in every account. A built-in role cannot change.',
    }),
    key_count: keyCount('that have the role'),
    user_count: Type.Optional(
      Type.Integer({
        description:
          'Number of users of the account who have the role. Only in answers that list or get.',
      }),
    ),
  },
  { $id: 'Role', description: 'A named set of permissions.' },
)

export const RoleAnswer = Type.Object(
  { role: ref(RoleBody) },
  { $id: 'RoleAnswer', description: 'The role.' },
)

/** The request that creates a role or replaces one. */
export const DefineRoleBody = Type.Object(
  {
    name: nameInput('Name of the role; unique in the account, without regard to case.'),
    description: Type.Optional(descriptionInput),
    permissions: Type.Array(permissionInput, {
      maxItems: maxPermissionsPerRole,
      description: 'The permissions of the role. Repeated names count once.',
    }),
  },
  {
    $id: 'DefineRole',
    ...closed,
    description: 'A role to create, or to put in place of another.',
    examples: [{ name: 'deployer', permissions: ['cluster:read', 'cluster:update'] }],
  },
)

export const roleParams = Type.Object({
  account_id: accountParameter,
  id: pathId('Id of the role.'),
})

export function toRoleBody(role: Role, uses?: RoleUses): Static<typeof RoleBody> {
  return {
    id: role.id,
    account_id: role.accountId,
    name: role.name,
    description: role.description,
    permissions: [...role.permissions],
    built_in: role.builtIn,
    ...(uses !== undefined && { key_count: uses.keys, user_count: uses.users }),
  }
}
