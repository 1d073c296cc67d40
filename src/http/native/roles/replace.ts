import { Type } from 'typebox'
import { replaceRole } from '../../../management/roles/replace.ts'
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { ReceiptBody, receiptOfChange, waitParameter } from '../shapes/receipt.ts'
import { DefineRoleBody, RoleBody, roleParams, toRoleBody } from '../shapes/role.ts'

export const ChangedRole = Type.Object(
  { role: ref(RoleBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedRole', description: 'The role and the receipt of the change.' },
)

export function replaceRoleRoute(app: App, deps: Deps): void {
  app.put(
    '/v1/accounts/:account_id/roles/:id',
    {
      config: { access: { permission: 'role:update' } },
      schema: {
        operationId: 'replaceRole',
        tags: ['Roles'],
        summary: 'Replace a role',
        description:
          'Takes effect on all keys with the role. Requires every permission of the role before and after the change.',
        params: roleParams,
        querystring: Type.Object({ wait_ms: waitParameter }, closed),
        body: ref(DefineRoleBody),
        response: responses({ 200: ref(ChangedRole) }, { body: true, problems: [404, 409] }),
      },
    },
    async ({ principal, params, query, body }) => {
      const { result, committed } = await replaceRole(
        deps,
        principal,
        params.account_id,
        params.id,
        { ...body, description: body.description ?? '' },
      )
      const receipt = await receiptOfChange(deps, committed, query.wait_ms)
      return { role: toRoleBody(result), receipt }
    },
  )
}
