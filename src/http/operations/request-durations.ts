import { Histogram, type Registry } from 'prom-client'
import type { App } from '../app-type.ts'

/**
 * Measures every request, by route pattern: a histogram by path would grow with the ids in paths.
 */
export function timeRequests(app: App, registry: Registry): void {
  const durations = new Histogram({
    name: 'aeon_keys_http_request_duration_seconds',
    help: 'Seconds from the request line to the end of the response, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    durations.observe(
      { method: request.method, route, status: reply.statusCode },
      reply.elapsedTime / 1000,
    )
    done()
  })
}
