import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { maxGeneration, maxOverlapSeconds } from '../../../domain/limits.ts'
import { rightsOf } from '../../../domain/principal.ts'
import { type Fault, invalidRequest } from '../../../errors.ts'
import type { RotatedKey, RotationRequest } from '../../../management/api-keys/rotate-key.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { documentedAs } from '../../documented-as.ts'
import { responses } from '../../responses.ts'
import { closed, nullableString, ref } from '../../schema-tools.ts'
import { idempotencyHeaders, setReplayHeader } from '../idempotency.ts'
import { parseExpiry } from '../parse-time.ts'
import { ApiKeyBody, answerApiKey, pathOfApiKey } from '../shapes/api-key.ts'
import { issuedToken, showToken, withJwtForm, withoutJwtForm } from '../shapes/issued-token.ts'
import { ReceiptBody, receiptOfChange } from '../shapes/receipt.ts'
import { waitInBody, waitOf, waitQuery } from '../shapes/wait.ts'

const overlapSeconds = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: maxOverlapSeconds, description }))
const flag = (description: string) =>
  Type.Optional(Type.Boolean({ description: `${description} Absent: false.` }))

const fields = {
  overlap_seconds: overlapSeconds(
    `Seconds for which the previous token keeps working: at most ${maxOverlapSeconds / 86_400} days; 0 ends the previous token at once. Required unless \`only_if_unused\` is true.`,
  ),
  expires_at: Type.Optional(
    nullableString({
      format: 'date-time',
      description: 'New expiry of the key. Null: the key never expires.',
    }),
  ),
  retire_on_first_use_seconds: overlapSeconds(
    "Seconds after the new token's first use at which the previous token stops working, if earlier than the end of the overlap.",
  ),
  if_generation: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maxGeneration,
      description: 'Rotate only if the newest token has this generation.',
    }),
  ),
  only_if_unused: flag(
    'Replace the newest token, of generation `if_generation`, only if that token has never been used: for a client that never received the token. An older token keeps its overlap.',
  ),
  end_overlap: flag(
    'End an overlap that is in progress, instead of failing with `rotation_in_progress`.',
  ),
  with_jwt_form: withJwtForm,
  wait_ms: waitInBody,
}

const about = {
  ...closed,
  description: 'How the previous token ends.',
  examples: [{ overlap_seconds: 3600 }],
}

/** No member is required always, but one of two is: an empty body is refused. */
export const RotateApiKeyBody = documentedAs(
  Type.Object(fields, { $id: 'RotateApiKey', ...about }),
  { ...Type.Object(fields, about), minProperties: 1 },
)

export const RotatedApiKey = Type.Object(
  { api_key: ref(ApiKeyBody), ...issuedToken, receipt: ref(ReceiptBody) },
  {
    $id: 'RotatedApiKey',
    description: 'The key, its new token, and the receipt of the rotation.',
  },
)

/** What the two operations that rotate a key have in common. */
export const rotationSchema = {
  tags: ['API keys'],
  querystring: waitQuery,
  headers: idempotencyHeaders('the same key and generation, and `token` null'),
  body: ref(RotateApiKeyBody),
  response: responses({ 201: ref(RotatedApiKey) }, { body: true, problems: [404, 409, 422] }),
}

/** A body with the values of absent flags: absent or false, a repeat has the same digest. */
export function withRotationDefaults(given: Static<typeof RotateApiKeyBody>) {
  const { wait_ms: _, ...body } = withoutJwtForm(given)
  return { only_if_unused: false, end_overlap: false, ...body }
}

/** Throws `invalid_request` if a field is missing that the other fields make necessary. */
export function validateRotation(body: Static<typeof RotateApiKeyBody>): RotationRequest {
  const { overlap_seconds: overlap, expires_at: expiresAt } = body
  const onlyIfUnused = body.only_if_unused === true
  const faults: Fault[] = []
  if (overlap === undefined && !onlyIfUnused) faults.push(overlapMissing)
  if (body.if_generation === undefined && onlyIfUnused) faults.push(generationMissing)
  if (faults.length > 0) throw invalidRequest(faults)
  return {
    overlapSeconds: overlap ?? 0,
    retireOnFirstUseSeconds: body.retire_on_first_use_seconds ?? null,
    ifGeneration: body.if_generation,
    onlyIfUnused,
    endOverlap: body.end_overlap === true,
    ...(expiresAt !== undefined && { expiresAt: parseExpiry(expiresAt) }),
  }
}

const overlapMissing: Fault = {
  field: '/overlap_seconds',
  rule: 'required',
  message: `The field is required: write a whole number from 0 to ${maxOverlapSeconds}. 0 ends the previous token at once.`,
}
const generationMissing: Fault = {
  field: '/if_generation',
  rule: 'required',
  message:
    'The field is required if only_if_unused is true: write the generation of the newest token.',
}

interface RotationHttpRequest {
  Querystring: Static<typeof waitQuery>
  Body: Static<typeof RotateApiKeyBody>
}

export async function answerRotation(
  deps: ControlPlaneDeps,
  request: FastifyRequest<RotationHttpRequest>,
  reply: FastifyReply,
  { apiKey, generation, token, committed, effectiveAt }: RotatedKey,
): Promise<Static<typeof RotatedApiKey>> {
  const { principal } = request
  setReplayHeader(reply, token === null)
  if (token !== null) {
    request.log.info(
      { act: 'rotate', api_key_id: apiKey.id, by: rightsOf(principal).id, generation },
      'key changed',
    )
  }
  const receipt = await receiptOfChange(deps, principal, committed, waitOf(request), effectiveAt)
  reply.code(201).header('location', pathOfApiKey(apiKey)).header('cache-control', 'no-store')
  return {
    ...answerApiKey(reply, apiKey, principal, deps.now()),
    generation,
    ...showToken(deps, request.body, { apiKey, token }),
    receipt,
  }
}
