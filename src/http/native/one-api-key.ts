import type { FastifyReply } from 'fastify'
import type { Static } from 'typebox'
import type { ApiKey } from '../../domain/key/api-key.ts'
import type { Principal } from '../../domain/principal.ts'
import { entityTagOf } from '../entity-tag.ts'
import type { ApiKeyBody } from './schemas.ts'
import { toApiKeyBody } from './wire.ts'

/** What every answer with one key has: the key as its reader may see it, and the tag to change it by. */
export function answerApiKey(
  reply: FastifyReply,
  apiKey: ApiKey,
  reader: Principal,
  now: Date,
): { readonly api_key: Static<typeof ApiKeyBody> } {
  reply.header('etag', entityTagOf(apiKey))
  return { api_key: toApiKeyBody(apiKey, reader, now) }
}

/** The account in the path of a request, in its one spelling. */
export function accountOf(request: { readonly params: { readonly account_id: string } }): string {
  return request.params.account_id.toLowerCase()
}
