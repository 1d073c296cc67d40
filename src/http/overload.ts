import { ServiceError } from '../errors.ts'
import type { App } from './app-type.ts'
import type { PoolUse } from './operations/resource-metrics.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Memory mostly has the answer: the route is open however many requests wait for the database.
     */
    readonly isVerification?: boolean
  }
}

/**
 * Refuses a request at once while too many requests wait for a database connection. Verifications
 * pass: those that memory answers need no connection, and the others have limits of their own.
 */
export function refuseOverload(app: App, pool: PoolUse, maxWaiting: number): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { isVerification } = request.routeOptions.config
    if (isVerification === true || pool.waitingCount < maxWaiting) return done()
    return done(
      new ServiceError(
        'overloaded',
        'Too many requests are waiting for the database. Try again later.',
      ),
    )
  })
}
