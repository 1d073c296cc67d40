import { Type } from 'typebox'
import { listPermissions } from '../../../management/roles/permissions.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { closed, ref } from '../../schema-tools.ts'
import { PagingMetadata, pagingMetadata } from '../paging.ts'
import { responses } from '../responses.ts'
import { namedByAeon, toCatalogueData } from '../shapes/permission.ts'
import { ResourcePermissionsData } from '../shapes/permission-schemas.ts'

export const ResourcePermissionsResponse = Type.Object(
  {
    data: Type.Array(ref(ResourcePermissionsData), { description: 'The resource types.' }),
    _metadata: ref(PagingMetadata),
  },
  { $id: 'ResourcePermissionsResponse', description: 'The permission catalogue.' },
)

/** Aeon does not publish the path: these are the likely ones. The document shows the first. */
const paths = [
  '/resource-permissions',
  '/permissions',
  '/auth/resource-permissions',
  '/auth/permissions',
] as const

/** The permission catalogue, in which the clients find the permissions that need a confirmation. */
export function listPermissionsRoutes(scope: App, deps: ControlPlaneDeps): void {
  for (const path of paths) {
    scope.get(
      path,
      {
        config: { access: { permission: 'role:read' } },
        schema: {
          hide: path !== paths[0],
          operationId: 'ListResourcePermissions',
          tags: ['auth'],
          summary: 'List permissions',
          description: 'Lists the operations on each type of resource.',
          querystring: Type.Object({}, closed),
          response: responses(ref(ResourcePermissionsResponse)),
        },
      },
      async (request) => ({
        data: toCatalogueData(
          namedByAeon(await listPermissions(deps, request.principal), request.principal),
        ),
        _metadata: pagingMetadata(request, null),
      }),
    )
  }
}
