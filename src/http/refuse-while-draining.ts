import { ServiceError } from '../errors.ts'
import type { App } from './app-type.ts'

/**
 * Refuses requests that arrive on open connections while the process shuts down, in the form of
 * each API: the answer of Fastify itself (`return503OnClosing`) has none of our headers.
 */
export function refuseWhileDraining(app: App, isDraining: () => boolean): void {
  app.addHook('onRequest', (_request, _reply, done) => {
    if (!isDraining()) return done()
    done(new ServiceError('unavailable', 'The service is shutting down.'))
  })
}
