import { Type } from 'typebox'
import { defaultWaitMs, maxNameLength } from '../../domain/limits.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { foldRoleName } from '../../domain/role.ts'
import { createRole } from '../../management/roles/create.ts'
import { deleteRole } from '../../management/roles/delete.ts'
import { getRole } from '../../management/roles/get.ts'
import { listRoles, type RoleFilter, type RoleWithEffects } from '../../management/roles/list.ts'
import { listPermissions } from '../../management/roles/permissions.ts'
import { replaceRole } from '../../management/roles/replace.ts'
import type { App } from '../app-type.ts'
import type { Deps } from '../deps.ts'
import { closed, oneOf, ref } from '../schema-tools.ts'
import { RoleSpecRequest } from './bodies.ts'
import { dependentsSeenBy } from './dependents.ts'
import { nextToken, pagingMetadata, pagingParameters, parsePage } from './paging.ts'
import { namedByAeon, parsePermissions } from './permissions.ts'
import { nothing, responses } from './responses.ts'
import { RoleListResponse, RoleResponse } from './role-schemas.ts'
import { toRoleData } from './role-wire.ts'

const tags = ['role']
const collection = '/accounts/:account_id/roles'
const params = Type.Object({ account_id: Type.String() })
const roleParams = Type.Object({ account_id: Type.String(), id: Type.String() })
const orderNames = { created_on: 'created_at', name: 'name', display_name: 'name' } as const

const roleTypes = ['ALL', 'SYSTEM', 'USER_DEFINED'] as const
const listQuery = Type.Object(
  {
    ...pagingParameters(orderNames),
    role_types: Type.Optional(oneOf(roleTypes, { default: 'ALL' })),
    display_name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: maxNameLength,
        pattern: '^[^\\u0000]*$',
        description: 'The exact display name, case-insensitive.',
      }),
    ),
    include_permissions: Type.Optional(Type.Boolean({ default: false })),
  },
  closed,
)

export function roleRoutes(scope: App, deps: Deps): void {
  async function show(
    roles: readonly RoleWithEffects[],
    reader: KeyPrincipal,
    accountId: string,
    withPermissions: boolean,
  ) {
    const roleIds = roles.map((role) => role.id)
    const holders = await dependentsSeenBy(deps, reader, accountId, { roleIds })
    const catalogue = withPermissions ? await listPermissions(deps, reader) : undefined
    return roles.map((role) => toRoleData(role, { reader, holders, catalogue }))
  }

  async function showOne(role: RoleWithEffects, reader: KeyPrincipal) {
    const [data] = await show([role], reader, role.accountId, true)
    if (data === undefined) throw new Error('A role was not shown.')
    return { data }
  }

  scope.get(
    collection,
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'ListRbacRoles',
        tags,
        summary: 'List roles',
        params,
        querystring: listQuery,
        response: responses(ref(RoleListResponse), { errors: [404] }),
      },
    },
    async (request) => {
      const { principal, query } = request
      const accountId = request.params.account_id
      const wanted = parsePage(query, orderNames)
      const page = await listRoles(deps, accountId, wanted, parseRole(query))
      const withPermissions = query.include_permissions ?? false
      return {
        data: await show(page.items, principal, accountId, withPermissions),
        _metadata: pagingMetadata(request, nextToken(page.next, wanted)),
      }
    },
  )

  scope.post(
    collection,
    {
      config: { access: { permission: 'role:create' } },
      schema: {
        operationId: 'CreateRole',
        tags,
        summary: 'Create a role',
        params,
        body: ref(RoleSpecRequest),
        response: responses(ref(RoleResponse), { body: true, errors: [404, 409] }),
      },
    },
    async (request) => {
      const { body, principal } = request
      const named = namedByAeon(await listPermissions(deps, principal), principal)
      const role = await createRole(deps, principal, request.params.account_id, {
        name: body.name,
        description: body.description ?? '',
        permissions: parsePermissions(named, body.permissions),
      })
      return showOne(role, principal)
    },
  )

  scope.get(
    `${collection}/:id`,
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'GetRole',
        tags,
        summary: 'Get a role',
        params: roleParams,
        response: responses(ref(RoleResponse), { errors: [404] }),
      },
    },
    async (request) => {
      const { account_id: accountId, id } = request.params
      return showOne(await getRole(deps, accountId, id), request.principal)
    },
  )

  scope.put(
    `${collection}/:id`,
    {
      config: { access: { permission: 'role:update' } },
      schema: {
        operationId: 'UpdateRole',
        tags,
        summary: 'Replace a role',
        description:
          'Takes effect on all keys with the role. Permissions that this API cannot express stay unchanged.',
        params: roleParams,
        body: ref(RoleSpecRequest),
        response: responses(ref(RoleResponse), { body: true, errors: [404, 409] }),
      },
    },
    async (request) => {
      const { body, principal } = request
      const { account_id: accountId, id } = request.params
      const { result, committed } = await replaceRole(
        deps,
        principal,
        accountId,
        id,
        (before, catalogue) => {
          const named = namedByAeon(catalogue, principal)
          const unseen = before.permissions.filter((name) => !named.some((n) => n.name === name))
          return {
            name: body.name,
            description: body.description ?? '',
            permissions: [...parsePermissions(named, body.permissions), ...unseen],
          }
        },
      )
      if (committed !== undefined) await deps.receipts.waitFor(committed, defaultWaitMs)
      return showOne(result, principal)
    },
  )

  scope.delete(
    `${collection}/:id`,
    {
      config: { access: { permission: 'role:delete' } },
      schema: {
        operationId: 'DeleteRole',
        tags,
        summary: 'Delete a role',
        description: 'Fails while an active key has the role.',
        params: roleParams,
        response: responses(nothing, { body: true, errors: [404, 409] }),
      },
    },
    async (request, reply) => {
      const { account_id: accountId, id } = request.params
      await deleteRole(deps, request.principal, accountId, id)
      return reply.send()
    },
  )
}

function parseRole(query: {
  readonly role_types?: (typeof roleTypes)[number]
  readonly display_name?: string
}): RoleFilter {
  const { role_types: types, display_name: name } = query
  return {
    ...(types !== undefined && types !== 'ALL' && { builtIn: types === 'SYSTEM' }),
    ...(name !== undefined && { foldedName: foldRoleName(name) }),
  }
}
