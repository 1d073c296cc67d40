import type { Logger } from 'pino'
import type { AddressRange } from '../domain/network/address.ts'
import { formatAddress } from '../domain/network/format-address.ts'
import { rightsOf } from '../domain/principal.ts'
import type { App } from './app-type.ts'
import { clientAddressOf } from './request-address.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Requests of the route are logged at `debug` only. The metrics count them. */
    readonly isFrequent?: boolean
  }
}

/**
 * Logs one line per request, after the answer. The line has the pattern of the route, and neither
 * the path nor the query, which may hold a token.
 */
export function logRequests(app: App, log: Logger, trustedProxies: readonly AddressRange[]): void {
  const logsFrequent = log.isLevelEnabled('debug')
  app.addHook('onResponse', (request, reply, done) => {
    const { config, url } = request.routeOptions
    if (config.isFrequent === true && !logsFrequent) return done()
    const address = clientAddressOf(request, trustedProxies)
    request.log[config.isFrequent === true ? 'debug' : 'info'](
      {
        method: request.method,
        route: url ?? null,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 1000) / 1000,
        client_ip: address === undefined ? null : formatAddress(address),
        by: request.principal && rightsOf(request.principal).id,
      },
      'answered',
    )
    done()
  })
}
