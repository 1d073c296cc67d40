import { Type } from 'typebox'
import { ping } from '../../verification/ping.ts'
import type { App } from '../app-type.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { oneOf, ref } from '../schema-tools.ts'

const tags = ['Operations']
const Health = Type.Object({ status: Type.String({ examples: ['ok'] }) })

const Readiness = Type.Object({
  status: Type.String({ examples: ['ok'] }),
  lease: oneOf(['held', 'lapsed'], {
    description: '`lapsed`: the lease has expired, and every verification reads the database.',
  }),
})

export function healthRoutes(app: App, deps: Deps): void {
  app.get(
    '/livez',
    {
      config: { isFrequent: true },
      schema: {
        operationId: 'getLiveness',
        tags,
        summary: 'Check that the process is running',
        security: [],
        response: { 200: Health },
      },
    },
    async () => ({ status: 'ok' }),
  )

  app.get(
    '/readyz',
    {
      config: { isFrequent: true },
      schema: {
        operationId: 'getReadiness',
        tags,
        summary: 'Check that verifications can be answered',
        security: [],
        response: {
          200: Readiness,
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
