import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { changedSince } from '../errors.ts'
import {
  type ContentCoding,
  chooseCoding,
  hasEntityTag,
  hasStrongTag,
} from './content-negotiation.ts'
import { lazy } from './lazy.ts'

/**
 * A handler that serves a text which stays the same while the process runs. The text is made at the
 * first request, and compressed at the first request for each coding, by the thread pool: making
 * the OpenAPI document takes 5 ms, and anybody may request it.
 */
export function serveDocument(type: string, makeText: () => string) {
  const identity = lazy(() => {
    const bytes = Buffer.from(makeText())
    return { bytes, hash: createHash('sha256').update(bytes).digest('base64url') }
  })
  const compressed = {
    br: lazy(() => promisify(brotliCompress)(identity().bytes)),
    gzip: lazy(() => promisify(gzip)(identity().bytes)),
  }
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Buffer | FastifyReply> => {
    const coding = chooseCoding(request.headers['accept-encoding'])
    const tag = entityTag(identity().hash, coding)
    const { 'if-match': expected, 'if-none-match': known } = request.headers
    if (expected !== undefined && !hasStrongTag(expected, tag)) throw changedSince('document')
    reply.headers({ etag: tag, vary: 'accept-encoding', 'cache-control': 'no-cache' })
    if (hasEntityTag(known, tag)) return reply.code(304).send()
    reply.type(type)
    if (coding === 'identity') return identity().bytes
    reply.header('content-encoding', coding)
    return compressed[coding]()
  }
}

/** Each coding is a representation of its own (RFC 9110, section 8.8.3.3). */
function entityTag(hash: string, coding: ContentCoding): string {
  return coding === 'identity' ? `"${hash}"` : `"${hash}-${coding}"`
}
