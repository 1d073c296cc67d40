import { Type } from 'typebox'
import { ping } from '../../verification/ping.ts'
import type { App } from '../app-type.ts'
import type { OperationsDeps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { notServed } from '../responses.ts'
import { openEnum, ref } from '../schema-tools.ts'

const tags = ['Operations']
const status = Type.String({ description: 'Always `ok`.', examples: ['ok'] })
const Liveness = Type.Object(
  { status },
  { $id: 'Liveness', description: 'The process is running.' },
)

const Readiness = Type.Object(
  {
    status,
    lease: openEnum(
      ['held', 'lapsed'],
      '`lapsed`: the lease has expired, and every verification reads the database.',
    ),
  },
  { $id: 'Readiness', description: 'Verifications can be answered.' },
)

export const healthComponents = [Liveness, Readiness]

/**
 * `GET /livez`: 200 as long as the process answers. An outage of the database does not change that:
 * a restart would empty the cache, and mend nothing.
 */
export function livenessRoute(app: App): void {
  app.get(
    '/livez',
    {
      config: { isFrequent: true },
      schema: {
        operationId: 'getLiveness',
        tags,
        summary: 'Check that the process is running',
        description: 'Does not look at the database.',
        security: [],
        response: { 200: ref(Liveness), 404: notServed },
      },
    },
    async () => ({ status: 'ok' }),
  )
}

export function readinessRoute(app: App, deps: OperationsDeps): void {
  app.get(
    '/readyz',
    {
      config: { isFrequent: true },
      schema: {
        operationId: 'getReadiness',
        tags,
        summary: 'Check that verifications can be answered',
        description:
          'Succeeds while the lease lasts, and while the database answers. Fails while the process is shutting down.',
        security: [],
        response: {
          200: ref(Readiness),
          404: notServed,
          503: {
            description:
              'The database is unavailable and the lease has expired, or the process is shutting down.',
            content: { 'application/problem+json': { schema: ref(Problem) } },
          },
        },
      },
    },
    async () => {
      // While the lease lasts, memory answers verifications, whatever the state of the database.
      if (!deps.cache.isLeaseExpired()) return { status: 'ok', lease: 'held' as const }
      await ping(deps)
      return { status: 'ok', lease: 'lapsed' as const }
    },
  )
}
