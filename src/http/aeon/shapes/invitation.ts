import { type Static, Type } from 'typebox'
import { emailPattern } from '../../../domain/invitation/email-address.ts'
import type { Invitation } from '../../../domain/invitation/invitation.ts'
import { maxAddressesToInvite, maxEmailLength } from '../../../domain/limits.ts'
import type { RoleOfHolder } from '../../../management/roles/of-holders.ts'
import { expected, expectedEmail } from '../../expected-value.ts'
import { closed, ref } from '../../schema-tools.ts'
import { toUserInfo, type UserData, UserInfo } from './user.ts'

export const InviteUserSpec = Type.Object(
  {
    email: Type.String({
      maxLength: maxEmailLength,
      pattern: emailPattern,
      ...expected(expectedEmail),
      description: 'E-mail address to invite, which the provider of the person must verify.',
    }),
    role_id: Type.String({ format: 'uuid', description: 'Id of the role that the user gets.' }),
  },
  {
    $id: 'InviteUserSpec',
    ...closed,
    description: 'An address to invite.',
    example: { email: 'ada@example.com', role_id: '0192f3a4-5b6c-7d8e-9f01-23456789abcd' },
  },
)

export const BatchInviteUserSpec = Type.Object(
  {
    user_list: Type.Array(ref(InviteUserSpec), {
      minItems: 1,
      maxItems: maxAddressesToInvite,
      description: 'The addresses to invite.',
    }),
  },
  { $id: 'BatchInviteUserSpec', ...closed, description: 'Addresses to invite.' },
)

export const InviteUserData = Type.Object(
  { spec: ref(InviteUserSpec), info: ref(UserInfo) },
  { $id: 'InviteUserData', description: 'An invited address, as a user who is not there yet.' },
)

/** An invitation as a user who has never signed in. Its id is that of the invitation. */
export function toInvitedInfo(
  { id, accountId, createdAt, sentAt }: Invitation,
  role: RoleOfHolder,
): Static<typeof UserInfo> {
  return toUserInfo({ id, accountId, createdAt, updatedAt: sentAt }, 'PROVISIONED', role)
}

export function toInvitedUser(invitation: Invitation, role: RoleOfHolder): Static<typeof UserData> {
  return { spec: { email: invitation.email }, info: toInvitedInfo(invitation, role) }
}
