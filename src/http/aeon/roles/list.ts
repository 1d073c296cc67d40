import { Type } from 'typebox'
import { maxNameLength } from '../../../domain/limits.ts'
import { foldRoleName } from '../../../domain/role.ts'
import { listRoles, type RoleFilter } from '../../../management/roles/list.ts'
import { answerInTurns } from '../../answer-in-turns.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
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
import { RoleData } from '../shapes/role.ts'
import { showRoles } from './show.ts'

export const RoleListResponse = Type.Object(
  {
    data: Type.Array(ref(RoleData), { description: 'The roles of the page.' }),
    _metadata: ref(PagingMetadata),
  },
  { $id: 'RoleListResponse', description: 'A page of roles.' },
)

const orderNames = { created_on: 'created_at', name: 'name', display_name: 'name' } as const

const roleTypes = ['ALL', 'SYSTEM', 'USER_DEFINED'] as const
const listQuery = Type.Object(
  {
    ...pagingParameters(orderNames),
    role_types: Type.Optional(
      oneOf(roleTypes, {
        default: 'ALL',
        description: 'Built-in roles (`SYSTEM`), roles of the account, or both.',
      }),
    ),
    display_name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: maxNameLength,
        pattern: '^[^\\u0000]*$',
        description: 'The exact display name, case-insensitive.',
      }),
    ),
    include_permissions: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Whether the roles of the answer have their permissions.',
      }),
    ),
  },
  closed,
)

export function listRolesRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.get(
    '/accounts/:account_id/roles',
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'ListRbacRoles',
        tags: ['role'],
        summary: 'List roles',
        description: 'Lists the roles of the account, built-in roles included.',
        params: accountParams,
        querystring: listQuery,
        response: responses(refAsJson(RoleListResponse), { errors: [404] }),
      },
    },
    async (request, reply) => {
      const { principal, query } = request
      const accountId = request.params.account_id
      const wanted = parsePage(request, orderNames)
      const page = await listRoles(deps, accountId, wanted, parseRoleFilter(query))
      const withPermissions = query.include_permissions ?? false
      return answerInTurns(reply, {
        data: await showRoles(deps, accountId, page.items, principal, withPermissions),
        _metadata: pagingMetadata(request, nextToken(page.next, wanted)),
      })
    },
  )
}

function parseRoleFilter(query: {
  readonly role_types?: (typeof roleTypes)[number]
  readonly display_name?: string
}): RoleFilter {
  const { role_types: types, display_name: name } = query
  return {
    ...(types !== undefined && types !== 'ALL' && { builtIn: types === 'SYSTEM' }),
    ...(name !== undefined && { foldedName: foldRoleName(name) }),
  }
}
