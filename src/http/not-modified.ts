import type { onSendHookHandler } from 'fastify'
import type { App } from './app-type.ts'

/**
 * Removes `Content-Length: 0` from an answer 304 to HEAD, which Fastify adds: the length there is
 * that of the answer 200 (RFC 9110, section 8.6), and a client may replace what it stored by it.
 */
export function omitLengthOfNotModified(app: App): void {
  app.addHook('onRoute', (route) => {
    if (route.method !== 'HEAD') return
    // After the handler of Fastify, which is the last one of the route.
    route.onSend = [...[route.onSend ?? []].flat(), omitLength]
  })
}

const omitLength: onSendHookHandler = (_request, reply, payload, done) => {
  if (reply.statusCode === 304) reply.removeHeader('content-length')
  done(null, payload)
}
