import { type Static, Type } from 'typebox'
import { formatTime } from '../../../domain/format-time.ts'
import type { User } from '../../../domain/person/user.ts'
import { nullableString, ref } from '../../schema-tools.ts'
import { accountParameter } from './account.ts'
import { id, nullableTime, pathId, time } from './fields.ts'
import { ReceiptBody } from './receipt.ts'
import { RoleRefBody } from './role.ts'

export const UserBody = Type.Object(
  {
    id: id('Id of the person: the same in every account.'),
    account_id: id('Id of the account of which the person is a user.'),
    issuer: Type.String({
      description: 'Provider at which the person signs in.',
      examples: ['https://login.example.com'],
    }),
    subject: Type.String({ description: 'Identifier of the person at the provider.' }),
    email: nullableString({
      description:
        'As the provider stated it at the last sign-in. Identifies nobody. Null, as the name is, until the person has signed in to this account or claims gave the role.',
    }),
    email_verified: Type.Boolean({
      description: 'Whether the provider has verified the e-mail address that is shown.',
    }),
    name: nullableString({ description: 'As the provider stated it at the last sign-in.' }),
    role: ref(RoleRefBody),
    role_mapped: Type.Boolean({
      description:
        'Whether the role follows from claims of the provider. Such a role cannot be changed here.',
    }),
    role_ends_at: nullableTime(
      'Time at which a mapped role ends unless the person signs in again. Null: the role is not mapped.',
    ),
    created_at: time('Time at which the person became a user of the account.'),
    signed_in_at: nullableTime('Time of the last sign-in to this account. Null: there was none.'),
    key_count: Type.Optional(
      Type.Integer({
        description:
          'Number of keys that the user issued while signed in and that are not revoked: in the account; of a user of the platform account, as such in all accounts. Only in answers that list or get.',
      }),
    ),
  },
  { $id: 'User', description: 'A person with a role in an account.' },
)

export const UserAnswer = Type.Object(
  { user: ref(UserBody) },
  { $id: 'UserAnswer', description: 'The user.' },
)

export const ChangedUser = Type.Object(
  { user: ref(UserBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedUser', description: 'The user and the receipt of the change.' },
)

export const userParams = Type.Object({
  account_id: accountParameter,
  id: pathId('Id of the user.'),
})

export function toUserBody(user: User, keyCount?: number): Static<typeof UserBody> {
  const { person, mappedUntil } = user
  return {
    id: person.id,
    account_id: user.accountId,
    issuer: person.issuer,
    subject: person.subject,
    email: person.email,
    email_verified: person.emailVerified,
    name: person.name,
    role: user.role,
    role_mapped: mappedUntil !== null,
    role_ends_at: formatTime(mappedUntil),
    created_at: user.createdAt.toISOString(),
    signed_in_at: formatTime(person.signedInAt),
    ...(keyCount !== undefined && { key_count: keyCount }),
  }
}
