import { Type } from 'typebox'
import { countKeysOfRoles, listRoles } from '../../../management/roles/list.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { nextCursor, pageParameters, parsePage } from '../../paging.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { accountParams } from '../shapes/account.ts'
import { nextCursorField } from '../shapes/fields.ts'
import { RoleBody, toRoleBody } from '../shapes/role.ts'

export const RolePage = Type.Object(
  {
    roles: Type.Array(ref(RoleBody), { description: 'The roles of the page.' }),
    next_cursor: nextCursorField,
  },
  { $id: 'RolePage', description: 'A page of roles.' },
)

export function listRolesRoute(app: App, deps: Deps): void {
  app.get(
    '/v1/accounts/:account_id/roles',
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'listRoles',
        tags: ['Roles'],
        summary: 'List roles',
        description: 'Lists the roles of the account, built-in roles included.',
        params: accountParams,
        querystring: Type.Object(pageParameters(), closed),
        response: responses({ 200: ref(RolePage) }, { problems: [404] }),
      },
    },
    async (request) => {
      const wanted = parsePage(request.query)
      const { account_id: accountId } = request.params
      const page = await listRoles(deps, accountId, wanted)
      const ids = page.items.map(({ id }) => id)
      const counts = await countKeysOfRoles(deps, accountId, ids)
      return {
        roles: page.items.map((one) => toRoleBody(one, counts.get(one.id) ?? 0)),
        next_cursor: nextCursor(page, wanted),
      }
    },
  )
}
