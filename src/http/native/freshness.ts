import { Type } from 'typebox'
import type { Deps } from '../../deps.ts'
import { maxWaitMs } from '../../domain/limits.ts'
import { notFound } from '../../errors.ts'
import { findReceipt } from '../../management/freshness/find-receipt.ts'
import { listInstances } from '../../management/freshness/list-instances.ts'
import type { App } from '../app-type.ts'
import { responses } from '../responses.ts'
import { closed, ref } from '../schema-tools.ts'
import { InstanceList, ReceiptAnswer } from './answers.ts'
import { toReceiptBody } from './receipts.ts'

const tags = ['Freshness']

export function freshnessRoutes(app: App, deps: Deps): void {
  app.get(
    '/v1/instances',
    {
      config: { access: { permission: 'instance:read' } },
      schema: {
        operationId: 'listInstances',
        tags,
        summary: 'List instances',
        description:
          'Lists the registered instances and the latest revision that each has applied.',
        response: responses({ 200: ref(InstanceList) }),
      },
    },
    async () => {
      const instances = await listInstances(deps)
      return {
        instances: instances.map((instance) => ({
          id: instance.id,
          applied_revision: instance.applied,
          started_at: instance.startedAt.toISOString(),
        })),
      }
    },
  )

  app.get(
    '/v1/revisions/:revision',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'getReceipt',
        tags,
        summary: 'Get a receipt',
        description: 'Requires the revision and the id of the receipt, and any valid key.',
        params: Type.Object({ revision: Type.String({ description: 'Revision of the receipt.' }) }),
        querystring: Type.Object(
          {
            id: Type.String({ format: 'uuid' }),
            wait_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: maxWaitMs, default: 0 })),
          },
          closed,
        ),
        response: responses({ 200: ref(ReceiptAnswer) }, { problems: [404] }),
      },
    },
    async (request) => {
      const revision = /^[1-9]\d{0,14}$/.test(request.params.revision)
        ? Number(request.params.revision)
        : undefined
      if (revision === undefined) throw notFound('revision')
      const { id, wait_ms: waitMs } = request.query
      const receipt = await findReceipt(deps, revision, id.toLowerCase(), waitMs ?? 0)
      return { receipt: toReceiptBody(receipt, deps.now()) }
    },
  )
}
