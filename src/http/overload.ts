import { ServiceError } from '../errors.ts'
import type { App } from './app-type.ts'
import type { PoolUse } from './operations/resource-metrics.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered from memory mostly: let in however many requests wait for the database. */
    readonly isVerification?: boolean
  }
}

/**
 * Refuses at once what would only lengthen the line for a connection to the database. Verifications pass:
 * those that memory answers need none, and the others have bounds of their own.
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
