import { Type } from 'typebox'
import type { Deps } from '../../deps.ts'
import { createAllowList } from '../../management/allow-lists/create.ts'
import { deleteAllowList } from '../../management/allow-lists/delete.ts'
import { getAllowList } from '../../management/allow-lists/get.ts'
import { listAllowLists } from '../../management/allow-lists/list.ts'
import { updateAllowList } from '../../management/allow-lists/update.ts'
import type { App } from '../app-type.ts'
import { nextCursor, pageParameters, parsePage } from '../paging.ts'
import { responses } from '../responses.ts'
import { closed, ref } from '../schema-tools.ts'
import { AllowListAnswer, AllowListPage, ChangedAllowList, nothing } from './answers.ts'
import { CreateAllowListBody, UpdateAllowListBody } from './bodies.ts'
import { receiptOfChange, waitParameter } from './receipts.ts'
import { accountParameter } from './schemas.ts'
import { toAllowListBody } from './wire.ts'

const tags = ['Allow lists']
const one = ref(AllowListAnswer)
const collection = '/v1/accounts/:account_id/allow-lists'
const accountParams = Type.Object({ account_id: accountParameter })
const listParams = Type.Object({
  account_id: accountParameter,
  id: Type.String({ description: 'Id of the allow list.' }),
})
export function allowListRoutes(app: App, deps: Deps): void {
  app.get(
    collection,
    {
      config: { access: { permission: 'allow_list:read' } },
      schema: {
        operationId: 'listAllowLists',
        tags,
        summary: 'List allow lists',
        params: accountParams,
        querystring: Type.Object(pageParameters(), closed),
        response: responses(
          {
            200: ref(AllowListPage),
          },
          { problems: [404] },
        ),
      },
    },
    async (request) => {
      const wanted = parsePage(request.query)
      const page = await listAllowLists(deps, request.params.account_id, wanted)
      return { allow_lists: page.items.map(toAllowListBody), next_cursor: nextCursor(page, wanted) }
    },
  )

  app.post(
    collection,
    {
      config: { access: { permission: 'allow_list:create' } },
      schema: {
        operationId: 'createAllowList',
        tags,
        summary: 'Create an allow list',
        params: accountParams,
        body: ref(CreateAllowListBody),
        response: responses({ 201: one }, { body: true, problems: [404, 409] }),
      },
    },
    async (request, reply) => {
      const { account_id: accountId } = request.params
      const list = await createAllowList(deps, request.principal, accountId, {
        ...request.body,
        description: request.body.description ?? '',
      })
      reply.code(201)
      return { allow_list: toAllowListBody(list) }
    },
  )

  app.get(
    `${collection}/:id`,
    {
      config: { access: { permission: 'allow_list:read' } },
      schema: {
        operationId: 'getAllowList',
        tags,
        summary: 'Get an allow list',
        params: listParams,
        response: responses({ 200: one }, { problems: [404] }),
      },
    },
    async (request) => {
      const { account_id: accountId, id } = request.params
      return { allow_list: toAllowListBody(await getAllowList(deps, accountId, id)) }
    },
  )

  app.patch(
    `${collection}/:id`,
    {
      config: { access: { permission: 'allow_list:update' } },
      schema: {
        operationId: 'updateAllowList',
        tags,
        summary: 'Update an allow list',
        description:
          'Takes effect on all keys that use the list. Adding addresses requires every permission that those keys grant.',
        params: listParams,
        querystring: Type.Object({ wait_ms: waitParameter }, closed),
        body: ref(UpdateAllowListBody),
        response: responses({ 200: ref(ChangedAllowList) }, { body: true, problems: [404, 409] }),
      },
    },
    async (request) => {
      const { account_id: accountId, id } = request.params
      const { result, committed } = await updateAllowList(
        deps,
        request.principal,
        accountId,
        id,
        request.body,
      )
      const receipt = await receiptOfChange(deps, committed, request.query.wait_ms)
      return { allow_list: toAllowListBody(result), receipt }
    },
  )

  app.delete(
    `${collection}/:id`,
    {
      config: { access: { permission: 'allow_list:delete' } },
      schema: {
        operationId: 'deleteAllowList',
        tags,
        summary: 'Delete an allow list',
        description:
          'Fails with `in_use` while a key that is neither revoked nor expired uses the list.',
        params: listParams,
        response: responses({ 204: nothing }, { body: true, problems: [404, 409] }),
      },
    },
    async (request, reply) => {
      const { account_id: accountId, id } = request.params
      await deleteAllowList(deps, request.principal, accountId, id)
      return reply.code(204).send(null)
    },
  )
}
