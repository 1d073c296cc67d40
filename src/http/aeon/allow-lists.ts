import { Type } from 'typebox'
import { requirePermission } from '../../acts/authority.ts'
import type { Account } from '../../domain/account.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { isUuid } from '../../domain/uuid.ts'
import { invalidRequest, notFound } from '../../errors.ts'
import { getAccount } from '../../management/accounts/get.ts'
import { createAllowList } from '../../management/allow-lists/create.ts'
import { deleteAllowList } from '../../management/allow-lists/delete.ts'
import { getAllowList } from '../../management/allow-lists/get.ts'
import { listAllowLists } from '../../management/allow-lists/list.ts'
import type { App } from '../app-type.ts'
import type { Deps } from '../deps.ts'
import { closed, ref } from '../schema-tools.ts'
import { allowListsSeenBy } from './allow-list-wire.ts'
import { NetworkAllowListSpecRequest } from './bodies.ts'
import { nextToken, pagingMetadata, pagingParameters, parsePage } from './paging.ts'
import { nothing, responses } from './responses.ts'
import { NetworkAllowListListResponse, NetworkAllowListResponse } from './schemas.ts'

const tags = ['network']
const collection = '/accounts/:account_id/projects/:project_id/allow-lists'
const params = Type.Object({ account_id: Type.String(), project_id: Type.String() })
const listParams = Type.Object({ ...params.properties, id: Type.String() })
const orderNames = { created_on: 'created_at', name: 'name' } as const

/** Lists are never changed here: no client does. */
export function allowListRoutes(scope: App, deps: Deps): void {
  scope.get(
    collection,
    {
      config: { access: { permission: 'allow_list:read' } },
      schema: {
        operationId: 'ListNetworkAllowLists',
        tags,
        summary: 'List allow lists',
        params,
        querystring: Type.Object(
          {
            ...pagingParameters(orderNames),
            api_key_ids: Type.Optional(
              Type.String({
                maxLength: 4_000,
                description:
                  'Only allow lists of these keys: key ids separated by commas. Requires the `api_key:read` permission.',
              }),
            ),
          },
          closed,
        ),
        response: responses(ref(NetworkAllowListListResponse), { errors: [404] }),
      },
    },
    async (request) => {
      const { principal, query } = request
      const account = await requireProject(deps, request.params)
      const wanted = parsePage(query, orderNames)
      const ofApiKeys = parseKeyIds(query.api_key_ids, principal)
      const filter = ofApiKeys === undefined ? {} : { ofApiKeys }
      const page = await listAllowLists(deps, account.id, wanted, filter)
      const show = await allowListsSeenBy(deps, principal, account, page.items)
      return {
        data: page.items.map(show),
        _metadata: pagingMetadata(request, nextToken(page.next, wanted)),
      }
    },
  )

  scope.post(
    collection,
    {
      config: { access: { permission: 'allow_list:create' } },
      schema: {
        operationId: 'CreateNetworkAllowList',
        tags,
        summary: 'Create an allow list',
        params,
        body: ref(NetworkAllowListSpecRequest),
        response: responses(ref(NetworkAllowListResponse), { body: true, errors: [404, 409] }),
      },
    },
    async (request) => {
      const { body, principal } = request
      const account = await requireProject(deps, request.params)
      const list = await createAllowList(deps, principal, account.id, {
        name: body.name,
        description: body.description ?? '',
        entries: body.allow_list,
      })
      const show = await allowListsSeenBy(deps, principal, account, [list])
      return { data: show(list) }
    },
  )

  scope.get(
    `${collection}/:id`,
    {
      config: { access: { permission: 'allow_list:read' } },
      schema: {
        operationId: 'GetNetworkAllowList',
        tags,
        summary: 'Get an allow list',
        params: listParams,
        response: responses(ref(NetworkAllowListResponse), { errors: [404] }),
      },
    },
    async (request) => {
      const account = await requireProject(deps, request.params)
      const list = await getAllowList(deps, account.id, request.params.id)
      const show = await allowListsSeenBy(deps, request.principal, account, [list])
      return { data: show(list) }
    },
  )

  scope.delete(
    `${collection}/:id`,
    {
      config: { access: { permission: 'allow_list:delete' } },
      schema: {
        operationId: 'DeleteNetworkAllowList',
        tags,
        summary: 'Delete an allow list',
        description: 'Fails while an active key uses the list.',
        params: listParams,
        response: responses(nothing, { body: true, errors: [404, 409] }),
      },
    },
    async (request, reply) => {
      const account = await requireProject(deps, request.params)
      await deleteAllowList(deps, request.principal, account.id, request.params.id)
      return reply.send()
    },
  )
}

/** The account, if the project of the path is its own. Throws `not_found`. */
async function requireProject(
  deps: Deps,
  path: { readonly account_id: string; readonly project_id: string },
): Promise<Account> {
  const account = await getAccount(deps, path.account_id)
  if (account.projectId !== path.project_id.toLowerCase()) throw notFound('project')
  return account
}

/** Which key uses which list is told only to those who may see keys. Throws `permission_denied`, `invalid_request`. */
function parseKeyIds(text: string | undefined, reader: KeyPrincipal): string[] | undefined {
  if (text === undefined) return undefined
  requirePermission(reader.key, 'api_key:read')
  return text.split(',').map((id) => {
    if (isUuid(id)) return id
    throw invalidRequest([
      {
        field: '/api_key_ids',
        rule: 'format',
        message: 'The value must be key ids, separated by commas.',
      },
    ])
  })
}
