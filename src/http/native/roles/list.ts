import { type Static, Type } from 'typebox'
import type { Page, PageRequest } from '../../../domain/page.ts'
import { countUsesOfRoles, listRoles } from '../../../management/roles/list.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
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

export function listRolesRoute(app: App, deps: ControlPlaneDeps): void {
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
      const wanted = parsePage(request)
      const page = await loadRolePage(deps, request.params.account_id, wanted)
      return { roles: [...page.items], next_cursor: nextCursor(page, wanted) }
    },
  )
}

/** A page of the list as answers and exports show it. */
export async function loadRolePage(
  deps: ControlPlaneDeps,
  accountId: string,
  wanted: PageRequest,
): Promise<Page<Static<typeof RoleBody>>> {
  const { items, next } = await listRoles(deps, accountId, wanted)
  const ids = items.map(({ id }) => id)
  const usesOf = await countUsesOfRoles(deps, accountId, ids)
  return { items: items.map((role) => toRoleBody(role, usesOf(role.id))), next }
}
