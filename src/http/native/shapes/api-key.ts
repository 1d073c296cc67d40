import type { FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import { formatTime } from '../../../domain/format-time.ts'
import { type ApiKey, keyStatuses, reaches, statusOf } from '../../../domain/key/api-key.ts'
import { isOver } from '../../../domain/key/rotation.ts'
import { actorSeenBy, type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import { hintOf } from '../../../domain/token/token.ts'
import { documentedAs } from '../../documented-as.ts'
import { entityTagOf } from '../../entity-tag.ts'
import { nullableRef, nullableString, openEnum, ref } from '../../schema-tools.ts'
import { versionedKey } from '../../versions.ts'
import { accountParameter } from './account.ts'
import { ActorBody, toActorBody } from './actor.ts'
import { id, metadata, nullableTime, time } from './fields.ts'
import { ReceiptBody } from './receipt.ts'
import { RoleRefBody } from './role.ts'

export const ApiKeyBody = Type.Object(
  {
    id: id('Id of the key.'),
    account_id: id('Id of the account that owns the key.'),
    name: Type.String({ description: 'Name of the key.', examples: ['ci deploy'] }),
    description: Type.String({ description: 'A text for people; may be empty.' }),
    role: ref(RoleRefBody),
    status: openEnum(keyStatuses, 'Status at the time of the answer.'),
    reach: openEnum(
      reaches,
      'Whether the key is usable from any address, or only from the addresses of its allow lists.',
    ),
    allow_list_ids: Type.Array(Type.String({ format: 'uuid' }), {
      description: 'Ids of the allow lists of the key.',
    }),
    created_at: time('Time at which the key was issued.'),
    created_by: ref(ActorBody),
    expires_at: nullableTime('Null: the key never expires.'),
    last_used_at: nullableTime('Time of the last use. Written in batches, some seconds late.'),
    use_count: Type.Integer({
      format: 'int64',
      description: 'Number of uses. Written in batches, some seconds late.',
    }),
    generation: Type.Integer({ description: 'Generation of the newest token.' }),
    overlap_ends_at: nullableTime(
      'Time until which an older token works beside the newest token. Null if no older token works.',
    ),
    metadata: metadata('Labels set by the callers that manage the key.'),
    disabled_at: nullableTime('Null: the key is not disabled.'),
    revoked_at: nullableTime('Null: the key is not revoked.'),
    revoked_by: nullableRef(ActorBody, { description: 'Null: the key is not revoked.' }),
    revocation_reason: nullableString({
      description: 'Reason that the revocation gave. Null if there is none.',
    }),
    hint: Type.String({
      description:
        'Public prefix of the tokens of the key. Paths accept the hint in place of the id.',
      examples: ['aeon_02aXkT9w0b1c2d3e4f5g6h'],
    }),
  },
  { $id: 'ApiKey', description: 'An API key, without its token.' },
)

export const ApiKeyAnswer = Type.Object(
  { api_key: ref(ApiKeyBody) },
  { $id: 'ApiKeyAnswer', description: 'The key.' },
)

/** The answer of every change that may narrow a key. */
export const ChangedApiKey = Type.Object(
  { api_key: ref(ApiKeyBody), receipt: ref(ReceiptBody) },
  { $id: 'ChangedApiKey', description: 'The key and the receipt of the change.' },
)

export const keyParameter = documentedAs(Type.String({ description: 'Id or hint of the key.' }), {
  type: 'string',
  examples: ['0192f3a4-5b6c-7d8e-9f01-23456789abcd'],
})

export const keyParams = Type.Object({ account_id: accountParameter, id: keyParameter })

/** The key as `reader` may see it: only the platform account sees which of its callers acted. */
export function toApiKeyBody(
  apiKey: ApiKey,
  reader: CallerPrincipal,
  now: Date,
): Static<typeof ApiKeyBody> {
  const { platform } = rightsOf(reader)
  const { overlapEndsAt } = apiKey
  return {
    id: apiKey.id,
    account_id: apiKey.accountId,
    name: apiKey.name,
    description: apiKey.description,
    role: apiKey.role,
    status: statusOf(apiKey, now),
    reach: apiKey.reach,
    allow_list_ids: [...apiKey.allowListIds],
    created_at: apiKey.createdAt.toISOString(),
    created_by: toActorBody(actorSeenBy(apiKey.createdBy, platform)),
    expires_at: formatTime(apiKey.expiresAt),
    last_used_at: formatTime(apiKey.lastUsedAt),
    use_count: apiKey.useCount,
    generation: apiKey.generation,
    overlap_ends_at: isOver({ endsAt: overlapEndsAt }, now) ? null : formatTime(overlapEndsAt),
    metadata: { ...apiKey.metadata },
    disabled_at: formatTime(apiKey.disabledAt),
    revoked_at: formatTime(apiKey.revokedAt),
    revoked_by: apiKey.revokedBy && toActorBody(actorSeenBy(apiKey.revokedBy, platform)),
    revocation_reason: apiKey.revocationReason,
    hint: hintOf(apiKey.tokenPrefix, apiKey.id),
  }
}

/** The path of a key, for `Location`. */
export function pathOfApiKey({ accountId, id }: Pick<ApiKey, 'accountId' | 'id'>): string {
  return `/v1/accounts/${accountId}/api-keys/${id}`
}

/** The body of an answer with one key. Sets the ETag that `If-Match` of a later update names. */
export function answerApiKey(
  reply: FastifyReply,
  apiKey: ApiKey,
  reader: CallerPrincipal,
  now: Date,
): Static<typeof ApiKeyAnswer> {
  const body = { api_key: toApiKeyBody(apiKey, reader, now) }
  reply.header('etag', entityTagOf(versionedKey, apiKey, body))
  return body
}
