import { Type } from 'typebox'
import { replaceRole } from '../../../management/roles/replace.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { documentedAs } from '../../documented-as.ts'
import { parsePreconditions } from '../../entity-tag.ts'
import { ifMatchHeader } from '../../if-match-header.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { versionedRole } from '../../versions.ts'
import { ReceiptBody, receiptOfChange } from '../shapes/receipt.ts'
import { DefineRoleBody, RoleBody, roleParams, toRoleBody } from '../shapes/role.ts'
import { waitInBody, waitOf, waitQuery } from '../shapes/wait.ts'

/** One definition for clients; when a role is replaced, the body may also have `wait_ms`. */
const ReplaceRoleBody = documentedAs(
  Type.Object({ ...DefineRoleBody.properties, wait_ms: waitInBody }, closed),
  { $ref: '#/components/schemas/DefineRole' },
)

export const ChangedRole = Type.Object(
  { role: ref(RoleBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedRole', description: 'The role and the receipt of the change.' },
)

export function replaceRoleRoute(app: App, deps: ControlPlaneDeps): void {
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
        querystring: waitQuery,
        headers: ifMatchHeader,
        body: ReplaceRoleBody,
        response: responses({ 200: ref(ChangedRole) }, { body: true, problems: [404, 409, 412] }),
      },
    },
    async (request) => {
      const { principal, params } = request
      const { name, description = '', permissions } = request.body
      const { result, committed } = await replaceRole(
        deps,
        principal,
        params.account_id,
        params.id,
        { name, description, permissions },
        parsePreconditions(versionedRole, request.raw.headers),
      )
      const receipt = await receiptOfChange(deps, principal, committed, waitOf(request))
      return { role: toRoleBody(result), receipt }
    },
  )
}
