import { Type } from 'typebox'
import { listInstances } from '../../../management/freshness/list-instances.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { ref } from '../../schema-tools.ts'
import { id, time } from '../shapes/fields.ts'
import { ProgressBody } from '../shapes/receipt.ts'

export const InstanceBody = Type.Object(
  {
    id: id('Id of the instance.'),
    applied_revision: Type.Integer({
      format: 'int64',
      description: 'The latest revision that the instance and all of its edges have applied.',
    }),
    edges: ref(ProgressBody, {
      description:
        'The processes that answer by what this instance has told them, and how many of them have applied all that it has told.',
    }),
    started_at: time(
      'Time at which the instance last registered: at its start, and again after an eviction or a change of history.',
    ),
    lease_age_ms: Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      format: 'int64',
      minimum: 0,
      description:
        'Milliseconds since the lease of the instance was renewed, as the answering instance observes: of its own lease exactly, of another one at most a poll interval late. Null: not observed yet.',
    }),
  },
  { $id: 'Instance', description: 'A process of the service.' },
)

export const InstanceList = Type.Object(
  { instances: Type.Array(ref(InstanceBody), { description: 'All registered instances.' }) },
  { $id: 'InstanceList', description: 'The registered instances.' },
)

export function listInstancesRoute(app: App, deps: ControlPlaneDeps): void {
  app.get(
    '/v1/instances',
    {
      config: { access: { permission: 'instance:read' } },
      schema: {
        operationId: 'listInstances',
        tags: ['Freshness'],
        summary: 'List instances',
        description:
          'Lists the registered instances, the latest revision that each has applied, its edges, and the age of its lease.',
        response: responses({ 200: ref(InstanceList) }),
      },
    },
    async () => {
      const instances = await listInstances(deps)
      return {
        instances: instances.map((instance) => ({
          id: instance.id,
          applied_revision: instance.applied,
          edges: { acknowledged: instance.edges.confirmed, live: instance.edges.live },
          started_at: instance.startedAt.toISOString(),
          lease_age_ms: wholeMs(deps.feed.leaseAgeMs(instance)),
        })),
      }
    },
  )
}

function wholeMs(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.max(0, Math.round(ms))
}
