import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { changedSince } from '../errors.ts'
import type { App } from './app-type.ts'
import { hasEntityTag, hasStrongTag } from './content-negotiation.ts'
import type { WriteError } from './current-only.ts'

/**
 * Gives every answer 200 to a GET of a scope a strong entity tag, and judges the preconditions of
 * the request by it (RFC 9110, section 13.2.2). The tag is made of the bytes of the answer, so that
 * it changes whenever the body does. Answers about one account, key, role or allow list have a tag
 * of their own, which the handler sets and compares with If-Match. A stream has none: it is not
 * known before it is sent.
 */
export function answerConditionally(app: App, writeError: WriteError): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (!isRead(request, reply) || !isWhole(payload)) return done(null, payload)
    if (!reply.hasHeader('etag')) {
      const tag = entityTagOfBytes(payload)
      const { 'if-match': expected } = request.headers
      if (expected !== undefined && !hasStrongTag(expected, tag)) {
        return done(null, writeError(request, reply, changedSince('resource')))
      }
      reply.header('etag', tag)
    }
    // The answer depends on who asks: only its own client may keep it, and must ask again.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-cache')
    if (!hasEntityTag(request.headers['if-none-match'], String(reply.getHeader('etag')))) {
      return done(null, payload)
    }
    reply.code(304).removeHeader('content-type').removeHeader('content-length')
    // Fastify takes the length of what it does not send to HEAD.
    done(null, request.method === 'HEAD' ? '' : null)
  })
}

function isRead({ method }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  return statusCode === 200 && (method === 'GET' || method === 'HEAD')
}

function isWhole(payload: unknown): payload is string | Buffer {
  return typeof payload === 'string' || Buffer.isBuffer(payload)
}

function entityTagOfBytes(bytes: string | Buffer): string {
  return `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"`
}
