import { Type } from 'typebox'
import type { Deps } from '../../deps.ts'
import { createRole } from '../../management/roles/create.ts'
import { deleteRole } from '../../management/roles/delete.ts'
import { getRole } from '../../management/roles/get.ts'
import { listRoles } from '../../management/roles/list.ts'
import { listPermissions } from '../../management/roles/permissions.ts'
import { replaceRole } from '../../management/roles/replace.ts'
import type { App } from '../app-type.ts'
import { nextCursor, pageParameters, parsePage } from '../paging.ts'
import { responses } from '../responses.ts'
import { closed, ref } from '../schema-tools.ts'
import { ChangedRole, nothing, PermissionList, RoleAnswer, RolePage } from './answers.ts'
import { DefineRoleBody } from './bodies.ts'
import { receiptOfChange, waitParameter } from './receipts.ts'
import { accountParameter } from './schemas.ts'
import { toPermissionBody, toRoleBody } from './wire.ts'

const tags = ['Roles']
const one = ref(RoleAnswer)
const collection = '/v1/accounts/:account_id/roles'
const accountParams = Type.Object({ account_id: accountParameter })
const roleParams = Type.Object({
  account_id: accountParameter,
  id: Type.String({ description: 'Id of the role.' }),
})
export function roleRoutes(app: App, deps: Deps): void {
  app.get(
    collection,
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'listRoles',
        tags,
        summary: 'List roles',
        params: accountParams,
        querystring: Type.Object(pageParameters(), closed),
        response: responses({ 200: ref(RolePage) }, { problems: [404] }),
      },
    },
    async (request) => {
      const wanted = parsePage(request.query)
      const page = await listRoles(deps, request.params.account_id, wanted)
      return { roles: page.items.map(toRoleBody), next_cursor: nextCursor(page, wanted) }
    },
  )

  app.post(
    collection,
    {
      config: { access: { permission: 'role:create' } },
      schema: {
        operationId: 'createRole',
        tags,
        summary: 'Create a role',
        description: 'Requires every permission of the role.',
        params: accountParams,
        body: ref(DefineRoleBody),
        response: responses({ 201: one }, { body: true, problems: [404, 409] }),
      },
    },
    async (request, reply) => {
      const { account_id: accountId } = request.params
      const role = await createRole(deps, request.principal, accountId, {
        ...request.body,
        description: request.body.description ?? '',
      })
      reply.code(201)
      return { role: toRoleBody(role) }
    },
  )

  app.get(
    `${collection}/:id`,
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'getRole',
        tags,
        summary: 'Get a role',
        params: roleParams,
        response: responses({ 200: one }, { problems: [404] }),
      },
    },
    async (request) => {
      const { account_id: accountId, id } = request.params
      return { role: toRoleBody(await getRole(deps, accountId, id)) }
    },
  )

  app.put(
    `${collection}/:id`,
    {
      config: { access: { permission: 'role:update' } },
      schema: {
        operationId: 'replaceRole',
        tags,
        summary: 'Replace a role',
        description:
          'Takes effect on all keys with the role. Requires every permission of the role before and after the change.',
        params: roleParams,
        querystring: Type.Object({ wait_ms: waitParameter }, closed),
        body: ref(DefineRoleBody),
        response: responses({ 200: ref(ChangedRole) }, { body: true, problems: [404, 409] }),
      },
    },
    async (request) => {
      const { account_id: accountId, id } = request.params
      const { result, committed } = await replaceRole(deps, request.principal, accountId, id, {
        ...request.body,
        description: request.body.description ?? '',
      })
      const receipt = await receiptOfChange(deps, committed, request.query.wait_ms)
      return { role: toRoleBody(result), receipt }
    },
  )

  app.delete(
    `${collection}/:id`,
    {
      config: { access: { permission: 'role:delete' } },
      schema: {
        operationId: 'deleteRole',
        tags,
        summary: 'Delete a role',
        description:
          'Fails with `in_use` while a key that is neither revoked nor expired has the role.',
        params: roleParams,
        response: responses({ 204: nothing }, { body: true, problems: [404, 409] }),
      },
    },
    async (request, reply) => {
      const { account_id: accountId, id } = request.params
      await deleteRole(deps, request.principal, accountId, id)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/v1/permissions',
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'listPermissions',
        tags,
        summary: 'List permissions',
        description:
          'Lists the permission catalogue. Platform permissions are listed only for keys of the platform account.',
        response: responses({ 200: ref(PermissionList) }),
      },
    },
    async (request) => {
      const permissions = await listPermissions(deps, request.principal)
      return { permissions: permissions.map(toPermissionBody) }
    },
  )
}
