import { Type } from 'typebox'
import { requirePermission } from '../../../acts/authority.ts'
import { maxKeyIdListLength } from '../../../domain/limits.ts'
import { type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import { isUuid } from '../../../domain/uuid.ts'
import { invalidRequest } from '../../../errors.ts'
import { listAllowLists } from '../../../management/allow-lists/list.ts'
import { answerInTurns } from '../../answer-in-turns.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { documentedAs } from '../../documented-as.ts'
import { expected } from '../../expected-value.ts'
import { closed, ref, refAsJson } from '../../schema-tools.ts'
import {
  nextToken,
  PagingMetadata,
  pagingMetadata,
  pagingParameters,
  parsePage,
} from '../paging.ts'
import { responses } from '../responses.ts'
import { allowListsSeenBy, projectParams, requireProject } from '../shapes/allow-list.ts'
import { NetworkAllowListData } from '../shapes/allow-list-schemas.ts'

export const NetworkAllowListListResponse = Type.Object(
  {
    data: Type.Array(ref(NetworkAllowListData), { description: 'The allow lists of the page.' }),
    _metadata: ref(PagingMetadata),
  },
  { $id: 'NetworkAllowListListResponse', description: 'A page of allow lists.' },
)

const orderNames = { created_on: 'created_at', name: 'name' } as const

const expectedKeyIds = 'key ids, separated by commas'

const listQuery = Type.Object(
  {
    ...pagingParameters(orderNames),
    api_key_ids: Type.Optional(
      documentedAs(
        Type.String({
          maxLength: maxKeyIdListLength,
          ...expected(expectedKeyIds),
          description:
            'Only allow lists of these keys: key ids separated by commas. Requires the `api_key:read` permission.',
        }),
        { type: 'array', minItems: 1, items: { type: 'string' } },
      ),
    ),
  },
  closed,
)

export function listAllowListsRoute(scope: App, deps: ControlPlaneDeps): void {
  scope.get(
    '/accounts/:account_id/projects/:project_id/allow-lists',
    {
      config: { access: { permission: 'allow_list:read' } },
      schema: {
        operationId: 'ListNetworkAllowLists',
        tags: ['network'],
        summary: 'List allow lists',
        description: 'Lists the allow lists of the project with all their entries.',
        params: projectParams,
        querystring: listQuery,
        response: responses(refAsJson(NetworkAllowListListResponse), { errors: [404] }),
      },
    },
    async (request, reply) => {
      const { principal, query } = request
      const account = await requireProject(deps, request.params)
      const wanted = parsePage(request, orderNames)
      const ofApiKeys = parseKeyIds(query.api_key_ids, principal)
      const filter = ofApiKeys === undefined ? {} : { ofApiKeys }
      const page = await listAllowLists(deps, account.id, wanted, filter)
      const show = await allowListsSeenBy(deps, principal, account, page.items)
      return answerInTurns(reply, {
        data: page.items.map(show),
        _metadata: pagingMetadata(request, nextToken(page.next, wanted)),
      })
    },
  )
}

/** Only readers of keys may filter by keys. Throws `permission_denied` or `invalid_request`. */
function parseKeyIds(text: string | undefined, reader: CallerPrincipal): string[] | undefined {
  if (text === undefined) return undefined
  requirePermission(rightsOf(reader), 'api_key:read')
  return text.split(',').map((id) => {
    if (isUuid(id)) return id
    throw invalidRequest([
      {
        in: 'query',
        field: '/api_key_ids',
        rule: 'format',
        message: `The value must be ${expectedKeyIds}.`,
      },
    ])
  })
}
