import { Type } from 'typebox'
import { formatTime } from '../../../domain/format-time.ts'
import { rightsOf } from '../../../domain/principal.ts'
import { listOwnAccounts } from '../../../management/accounts/list-own.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { AccountBody, toAccountBody } from '../shapes/account.ts'
import { nullableTime } from '../shapes/fields.ts'
import { RoleRefBody } from '../shapes/role.ts'

export const OwnAccount = Type.Object(
  {
    account: ref(AccountBody),
    role: ref(RoleRefBody),
    role_mapped: Type.Boolean({
      description: 'Whether the role follows from claims of the provider.',
    }),
    role_ends_at: nullableTime(
      'Time at which a mapped role ends unless the person signs in again. Null: the role is not mapped.',
    ),
    current: Type.Boolean({ description: 'Whether the request acts in this account.' }),
  },
  { $id: 'OwnAccount', description: 'An account in which the caller has a role.' },
)

export const OwnAccountList = Type.Object(
  { accounts: Type.Array(ref(OwnAccount), { description: 'In the order of joining.' }) },
  { $id: 'OwnAccountList', description: 'The accounts in which the caller has a role.' },
)

export function listOwnAccountsRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/me/accounts',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'listOwnAccounts',
        tags: ['Users'],
        summary: 'List the accounts of the caller',
        description:
          'Lists the accounts in which the caller has a role: of a person, in the order in which the person joined them; of a key, its own. A person acts in one account with each session, and signs in again to act in another one.',
        response: responses({ 200: ref(OwnAccountList) }),
      },
    },
    async ({ principal }) => {
      const { accountId } = rightsOf(principal)
      const accounts = await listOwnAccounts(deps, principal)
      return {
        accounts: accounts.map(({ account, role, mappedUntil }) => ({
          account: toAccountBody(account),
          role,
          role_mapped: mappedUntil !== null,
          role_ends_at: formatTime(mappedUntil),
          current: account.id === accountId,
        })),
      }
    },
  )
}
