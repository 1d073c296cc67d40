import { type Static, Type } from 'typebox'
import { type CatalogueEntry, permissionScopes } from '../../../domain/permission.ts'
import { listPermissions } from '../../../management/roles/permissions.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { openEnum, ref } from '../../schema-tools.ts'

export const PermissionBody = Type.Object(
  {
    name: Type.String({ description: 'Name of the permission.', examples: ['cluster:read'] }),
    title: Type.String({ description: 'Short text for people.' }),
    description: Type.String({ description: 'What the permission permits.' }),
    scope: openEnum(permissionScopes, '`platform`: allowed only in roles of the platform account.'),
    sensitive: Type.Boolean({
      description: 'Whether a holder of the permission can change access rights.',
    }),
    implies: Type.Array(Type.String(), {
      description: 'Names of the permissions that this permission includes.',
    }),
  },
  { $id: 'Permission', description: 'A permission of the catalogue.' },
)

export const PermissionList = Type.Object(
  { permissions: Type.Array(ref(PermissionBody), { description: 'All permissions.' }) },
  { $id: 'PermissionList', description: 'The permission catalogue.' },
)

export function listPermissionsRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/permissions',
    {
      config: { access: { permission: 'role:read' } },
      schema: {
        operationId: 'listPermissions',
        tags: ['Roles'],
        summary: 'List permissions',
        description:
          'Lists the permission catalogue. Platform permissions are listed only for callers of the platform account.',
        response: responses({ 200: ref(PermissionList) }),
      },
    },
    async (request) => {
      const permissions = await listPermissions(deps, request.principal)
      return { permissions: permissions.map(toPermissionBody) }
    },
  )
}

function toPermissionBody(entry: CatalogueEntry): Static<typeof PermissionBody> {
  return {
    name: entry.name,
    title: entry.title,
    description: entry.description,
    scope: entry.scope,
    sensitive: entry.sensitive,
    implies: [...entry.implies],
  }
}
