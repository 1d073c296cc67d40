import { type Static, Type } from 'typebox'
import type { Account } from '../../../domain/account.ts'
import { ref } from '../../schema-tools.ts'
import { id, pathId, time } from './fields.ts'

export const AccountBody = Type.Object(
  {
    id: id('Id of the account.'),
    name: Type.String({ description: 'Name of the account.', examples: ['Acme'] }),
    project_id: id("Id of the account's only project, for the Aeon API."),
    created_at: time('Time at which the account was created.'),
  },
  { $id: 'Account', description: 'A tenant, which owns keys, allow lists and roles.' },
)

export const AccountAnswer = Type.Object(
  { account: ref(AccountBody) },
  { $id: 'AccountAnswer', description: 'The account.' },
)

export const accountParameter = pathId('Id of the account.')

/** The path of an account, and of what belongs to it as a whole. */
export const accountParams = Type.Object({ account_id: accountParameter })

export function toAccountBody(account: Account): Static<typeof AccountBody> {
  return {
    id: account.id,
    name: account.name,
    project_id: account.projectId,
    created_at: account.createdAt.toISOString(),
  }
}
