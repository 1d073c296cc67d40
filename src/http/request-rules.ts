import { ServiceError } from '../errors.ts'
import type { App } from './app-type.ts'

/**
 * Applies the rules that node:http would apply by answers of its own, which have neither our
 * headers nor a problem: the option `requireHostHeader` of the server is off.
 */
export function applyRequestRules(app: App): void {
  app.addHook('onRequest', (request, _reply, done) => {
    // RFC 9112, section 3.2.
    const isHostMissing = request.headers.host === undefined && request.raw.httpVersion === '1.1'
    if (!isHostMissing) return done()
    done(new ServiceError('invalid_request', 'The request has no Host header.'))
  })
}
