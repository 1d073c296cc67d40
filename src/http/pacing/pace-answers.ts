import { maxBodyBytes } from '../../domain/limits.ts'
import type { AddressRange } from '../../domain/network/address.ts'
import type { App } from '../app-type.ts'
import type { Pacing } from './pacing.ts'
import { payerOf } from './payer.ts'
import { bytesOfBody, priceOf } from './price.ts'

/**
 * Delays the errors and documents of a client that gets very many of them: a client that sends its
 * next request with each answer would otherwise have the whole process. Every other
 * answer is sent at once, to the same caller too.
 */
export function paceAnswers(
  app: App,
  pacing: Pacing,
  trustedProxies: readonly AddressRange[],
): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const price = priceOf(request, reply, payload)
    if (price === 0) return done(null, payload)
    // Node.js would read the rest of a body that is refused, however long it is.
    if (bytesOfBody(request) > maxBodyBytes) reply.header('connection', 'close')
    pacing.pay(payerOf(request, trustedProxies), price, () => done(null, payload))
  })
  app.addHook('preClose', (done) => {
    pacing.end()
    done()
  })
}
