import { type Static, Type } from 'typebox'
import type { User } from '../../../domain/person/user.ts'
import type { RoleOfHolder } from '../../../management/roles/of-holders.ts'
import { closed, ref } from '../../schema-tools.ts'
import { EntityMetadata } from './entity-metadata.ts'
import { pathId } from './fields.ts'
import { RoleData, toEmbeddedRole } from './role.ts'
import {
  type AeonUserState,
  toAeonUserState,
  toUserSpec,
  UserSpec,
  userState,
} from './user-state.ts'

const uuid = (description: string) => Type.String({ format: 'uuid', description })

export const UserAccountRoleData = Type.Object(
  {
    account_id: uuid('Id of the account.'),
    roles: Type.Array(ref(RoleData), {
      minItems: 1,
      maxItems: 1,
      description: 'The role of the user in the account.',
    }),
  },
  { $id: 'UserAccountRoleData', description: 'The role of a user in one account.' },
)

export const UserInfo = Type.Object(
  {
    id: uuid('Id of the user.'),
    state: userState,
    role_list: Type.Array(ref(UserAccountRoleData), {
      minItems: 1,
      maxItems: 1,
      description: 'The account of the path, with the role there.',
    }),
    metadata: ref(EntityMetadata),
  },
  { $id: 'UserInfo', description: 'What the service knows of a user.' },
)

export const UserData = Type.Object(
  { spec: ref(UserSpec), info: ref(UserInfo) },
  { $id: 'UserData', description: 'A user of an account.' },
)

export const ModifyUserRoleRequest = Type.Object(
  { role_id: uuid('Id of the role that the user is to have.') },
  {
    $id: 'ModifyUserRoleRequest',
    ...closed,
    description: 'The role that a user is to have.',
    example: { role_id: '0192f3a4-5b6c-7d8e-9f01-23456789abcd' },
  },
)

export const userParams = Type.Object({
  account_id: pathId('Id of the account.'),
  id: pathId('Id of the user.'),
})

/**
 * A user in an answer, with the role, which no user of an account lacks. Who redeemed an invitation
 * keeps its id: clients know the user by the id of what they created.
 */
export function toUserData(user: User, role: RoleOfHolder, now: Date): Static<typeof UserData> {
  const id = user.invitationId ?? user.person.id
  const info = toUserInfo({ ...user, id }, toAeonUserState(user, now), role)
  return { spec: toUserSpec(user.person), info }
}

/** What the service knows of a user, or of an address that is invited. */
export function toUserInfo(
  {
    id,
    accountId,
    createdAt,
    updatedAt,
  }: Pick<User, 'accountId' | 'createdAt' | 'updatedAt'> & { readonly id: string },
  state: AeonUserState,
  role: RoleOfHolder,
): Static<typeof UserInfo> {
  return {
    id,
    state,
    role_list: [{ account_id: accountId, roles: [toEmbeddedRole(role)] }],
    metadata: { created_on: createdAt.toISOString(), updated_on: updatedAt.toISOString() },
  }
}
