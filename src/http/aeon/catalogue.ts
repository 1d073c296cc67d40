import { Type } from 'typebox'
import { listPermissions } from '../../management/roles/permissions.ts'
import type { App } from '../app-type.ts'
import type { Deps } from '../deps.ts'
import { closed, ref } from '../schema-tools.ts'
import { pagingMetadata } from './paging.ts'
import { namedByAeon, toCatalogueData } from './permissions.ts'
import { responses } from './responses.ts'
import { ResourcePermissionsResponse } from './role-schemas.ts'

/** Where it is served is not public: these are the likely places, the first of which is documented. */
const paths = [
  '/resource-permissions',
  '/permissions',
  '/auth/resource-permissions',
  '/auth/permissions',
] as const

/** What roles are made of. The clients look here for the permissions that need a confirmation. */
export function catalogueRoutes(scope: App, deps: Deps): void {
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
