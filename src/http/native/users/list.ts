import { type Static, Type } from 'typebox'
import type { Page, PageRequest } from '../../../domain/page.ts'
import type { CallerPrincipal } from '../../../domain/principal.ts'
import { countKeysOfUsers } from '../../../management/users/count-keys.ts'
import { listUsers } from '../../../management/users/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { nextCursor, pageParameters, parsePage } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { accountParams } from '../shapes/account.ts'
import { nextCursorField } from '../shapes/fields.ts'
import { toUserBody, UserBody } from '../shapes/user.ts'

export const UserPage = Type.Object(
  {
    users: Type.Array(ref(UserBody), { description: 'The users of the page.' }),
    next_cursor: nextCursorField,
  },
  { $id: 'UserPage', description: 'A page of users.' },
)

export function listUsersRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/accounts/:account_id/users',
    {
      config: { access: { permission: 'account_user:read' } },
      schema: {
        operationId: 'listUsers',
        tags: ['Users'],
        summary: 'List users',
        description:
          'Lists the people who have a role in the account, in the order in which they joined. People who were removed are not listed.',
        params: accountParams,
        querystring: Type.Object(pageParameters(['created_at']), closed),
        response: responses({ 200: ref(UserPage) }, { problems: [404] }),
      },
    },
    async (request) => {
      const wanted = parsePage(request)
      const page = await loadUserPage(deps, request, wanted)
      return { users: [...page.items], next_cursor: nextCursor(page, wanted) }
    },
  )
}

interface UsersCall {
  readonly params: Static<typeof accountParams>
  readonly principal: CallerPrincipal
}

/** A page of the list as answers and exports show it. */
export async function loadUserPage(
  deps: ControlPlaneDeps,
  { params, principal }: UsersCall,
  wanted: PageRequest,
): Promise<Page<Static<typeof UserBody>>> {
  const { account_id: accountId } = params
  const { items, next } = await listUsers(deps, accountId, wanted)
  const counts = await countKeysOfUsers(
    deps,
    principal,
    accountId,
    items.map(({ person }) => person.id),
  )
  return { items: items.map((user) => toUserBody(user, counts.get(user.person.id) ?? 0)), next }
}
