import { type Static, Type } from 'typebox'
import { maxPermissionsPerRole } from '../../../domain/limits.ts'
import type { Role } from '../../../domain/role.ts'
import { closed, ref } from '../../schema-tools.ts'
import { accountParameter } from './account.ts'
import { descriptionInput, id, nameInput, permissionInput } from './fields.ts'

export const RoleRefBody = Type.Object(
  { id: id(), name: Type.String({ examples: ['developer'] }) },
  { $id: 'RoleRef' },
)

export const RoleBody = Type.Object(
  {
    id: id(),
    account_id: id(),
    name: Type.String({ examples: ['developer'] }),
    description: Type.String(),
    permissions: Type.Array(Type.String(), {
      description: 'The permissions as given, without implied permissions.',
    }),
    built_in: Type.Boolean(),
  },
  { $id: 'Role' },
)

export const RoleAnswer = Type.Object(
  { role: ref(RoleBody) },
  { $id: 'RoleAnswer', description: 'The role.' },
)

/** The request that creates a role or replaces one. */
export const DefineRoleBody = Type.Object(
  {
    name: nameInput,
    description: Type.Optional(descriptionInput),
    permissions: Type.Array(permissionInput, { maxItems: maxPermissionsPerRole }),
  },
  { $id: 'DefineRole', ...closed },
)

export const roleParams = Type.Object({
  account_id: accountParameter,
  id: Type.String({ description: 'Id of the role.' }),
})

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
