import { type Static, Type } from 'typebox'
import { maxUserFilterLength } from '../../../domain/limits.ts'
import type { Page } from '../../../domain/page.ts'
import type { User } from '../../../domain/person/user.ts'
import { invalidRequest } from '../../../errors.ts'
import { findInvitationByEmail } from '../../../management/invitations/find-by-email.ts'
import { rolesOfHolders } from '../../../management/roles/of-holders.ts'
import { listUsers, type UserFilter } from '../../../management/users/list.ts'
import { answerInTurns } from '../../answer-in-turns.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { documentedAs } from '../../documented-as.ts'
import { closed, oneOf, ref, refAsJson } from '../../schema-tools.ts'
import {
  nextToken,
  PagingMetadata,
  pagingMetadata,
  pagingParameters,
  parsePage,
} from '../paging.ts'
import { responses } from '../responses.ts'
import { accountParams } from '../shapes/account.ts'
import { toInvitedUser } from '../shapes/invitation.ts'
import { toUserData, UserData } from '../shapes/user.ts'
import { aeonUserStates, statesOfAeon } from '../shapes/user-state.ts'

export const UserListWithRoleResponse = Type.Object(
  {
    data: Type.Array(ref(UserData), { description: 'The users of the page.' }),
    _metadata: ref(PagingMetadata),
  },
  { $id: 'UserListWithRoleResponse', description: 'A page of users.' },
)

const orderNames = { email: 'email', created_on: 'created_at' } as const
/** As in Aeon. */
const firstOrder = 'email'

const text = (description: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: maxUserFilterLength,
      pattern: '^[^\\u0000]*$',
      description,
    }),
  )

const listQuery = Type.Object(
  {
    ...pagingParameters(orderNames, firstOrder),
    email: text(
      'The whole e-mail address, in any case. Finds addresses that the provider has verified.',
    ),
    first_name: text('The whole `first_name` of the user.'),
    last_name: text('Finds nobody: no user has a `last_name`.'),
    state: Type.Optional(
      documentedAs(
        oneOf(aeonUserStates, {
          description: `Only users in this state: ${aeonUserStates.join(', ')}.`,
        }),
        { type: 'string', minLength: 1 },
      ),
    ),
  },
  closed,
)

export function listUsersRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.get(
    '/accounts/:account_id/users',
    {
      config: { access: { permission: 'account_user:read' } },
      schema: {
        operationId: 'ListAccountUsers',
        tags: ['account'],
        summary: 'List users',
        description:
          'Lists the people who have a role in the account. An `email` that several of them have is refused: the clients act on the first user of the answer.',
        params: accountParams,
        querystring: listQuery,
        response: responses(refAsJson(UserListWithRoleResponse), { errors: [404] }),
      },
    },
    async (request, reply) => {
      const { query } = request
      const accountId = request.params.account_id
      const wanted = parsePage(request, orderNames, firstOrder)
      // Without a last name of anybody, the filter finds nobody.
      const page: Page<User> =
        query.last_name === undefined
          ? await listUsers(deps, accountId, wanted, parseFilter(query))
          : { items: [], next: null }
      if (query.email !== undefined) requireOne(page)
      const roles = await rolesOfHolders(deps, accountId, page.items)
      const now = deps.now()
      const users = page.items.flatMap((user) => {
        const role = roles.get(user.role.id)
        return role === undefined ? [] : [toUserData(user, role, now)]
      })
      return answerInTurns(reply, {
        data: users.length === 0 ? await listInvited(deps, accountId, query) : users,
        _metadata: pagingMetadata(request, nextToken(page.next, wanted)),
      })
    },
  )
}

interface FilterQuery {
  readonly email?: string
  readonly first_name?: string
  readonly last_name?: string
  readonly state?: (typeof aeonUserStates)[number]
}

function parseFilter({ email, first_name: name, state }: FilterQuery): UserFilter {
  return {
    ...(email !== undefined && { verifiedEmail: email }),
    ...(name !== undefined && { name }),
    ...(state !== undefined && { state: statesOfAeon[state] }),
  }
}

/**
 * Terraform reads the first user of an address after it has invited the address: the invitation,
 * which is found by its address only.
 */
async function listInvited(
  deps: ControlPlaneDeps,
  accountId: string,
  { email, first_name: first, last_name: last, state = 'PROVISIONED' }: FilterQuery,
): Promise<Static<typeof UserData>[]> {
  const isMeant = first === undefined && last === undefined && state === 'PROVISIONED'
  if (email === undefined || !isMeant) return []
  const invitation = await findInvitationByEmail(deps, accountId, email)
  if (invitation === undefined) return []
  const role = (await rolesOfHolders(deps, accountId, [invitation])).get(invitation.role.id)
  return role === undefined ? [] : [toInvitedUser(invitation, role)]
}

/** Two providers may verify one address for two people. */
function requireOne({ items, next }: Page<User>): void {
  if (items.length <= 1 && next === null) return
  const message = 'Several users have this address. The native API names users by their ids.'
  throw invalidRequest([{ in: 'query', field: '/email', rule: 'unique', message }])
}
