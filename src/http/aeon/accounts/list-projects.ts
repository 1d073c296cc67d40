import { Type } from 'typebox'
import { getAccount } from '../../../management/accounts/get.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { closed, ref } from '../../schema-tools.ts'
import { PagingMetadata, pagingMetadata, pagingParameters, refuseToken } from '../paging.ts'
import { responses } from '../responses.ts'
import { accountParams, ProjectData, projectName, toProjectData } from '../shapes/account.ts'

export const ProjectListResponse = Type.Object(
  {
    data: Type.Array(ref(ProjectData), { description: 'The project.' }),
    _metadata: ref(PagingMetadata),
  },
  { $id: 'ProjectListResponse', description: 'The project of an account, as a list.' },
)

const listQuery = Type.Object(
  {
    ...pagingParameters({ name: 'name' }),
    name: Type.Optional(Type.String({ description: 'The exact name of the project.' })),
  },
  closed,
)

export function listProjectsRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.get(
    '/accounts/:account_id/projects',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'ListProjects',
        tags: ['project'],
        summary: 'List the project of an account',
        description: 'Returns a page with one project, or an empty page if `name` is not its name.',
        params: accountParams,
        querystring: listQuery,
        response: responses(ref(ProjectListResponse), { errors: [404] }),
      },
    },
    async (request) => {
      refuseToken(request.query)
      const account = await getAccount(deps, request.params.account_id)
      const isAskedFor = (request.query.name ?? projectName) === projectName
      return {
        data: isAskedFor ? [toProjectData(account)] : [],
        _metadata: pagingMetadata(request, null),
      }
    },
  )
}
