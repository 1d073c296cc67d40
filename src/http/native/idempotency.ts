import { hash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { IdempotentRequest } from '../../acts/idempotency.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { maxIdempotencyKeyLength } from '../../domain/limits.ts'

/** The header of a route whose requests may come again. */
export const idempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: maxIdempotencyKeyLength,
      description:
        'An equal request by the same principal within 24 hours changes nothing: the response is 201 with the same key and generation, `token` null, and the header Idempotent-Replayed.',
    }),
  ),
})

/** What a request says of being repeated; bodies are the same when they say the same. */
export function parseIdempotencyKey(request: {
  readonly headers: { readonly 'idempotency-key'?: string | undefined }
  readonly body: unknown
}): IdempotentRequest | undefined {
  const idempotencyKey = request.headers['idempotency-key']
  if (idempotencyKey === undefined) return undefined
  return { idempotencyKey, bodyDigest: hash('sha256', canonicalJson(request.body)) }
}

/** Tells of an answer that the act itself was done before. */
export function tellReplay(reply: FastifyReply, token: string | null): void {
  if (token === null) reply.header('idempotent-replayed', 'true')
}
