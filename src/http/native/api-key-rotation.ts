import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Deps } from '../../deps.ts'
import { type Fault, invalidRequest } from '../../errors.ts'
import { rotateApiKey } from '../../management/api-keys/rotate.ts'
import type { RotatedKey, RotationRequest } from '../../management/api-keys/rotate-key.ts'
import { rotateOwnKey } from '../../management/api-keys/rotate-self.ts'
import type { App } from '../app-type.ts'
import { responses } from '../responses.ts'
import { ref } from '../schema-tools.ts'
import { RotatedApiKey } from './answers.ts'
import { RotateApiKeyBody } from './bodies.ts'
import { parseExpiry } from './expiry.ts'
import { idempotencyHeaders, parseIdempotencyKey, tellReplay } from './idempotency.ts'
import { accountOf, answerApiKey } from './one-api-key.ts'
import { receiptOfChange } from './receipts.ts'
import { accountParameter, keyParameter } from './schemas.ts'

export function apiKeyRotationRoutes(app: App, deps: Deps): void {
  const described = {
    tags: ['API keys'],
    headers: idempotencyHeaders,
    body: ref(RotateApiKeyBody),
    response: responses({ 201: ref(RotatedApiKey) }, { body: true, problems: [404, 409, 422] }),
  }
  const answer = async (
    request: FastifyRequest<{ Body: Static<typeof RotateApiKeyBody> }>,
    reply: FastifyReply,
    { apiKey, generation, token, committed, effectiveAt }: RotatedKey,
  ) => {
    const { body, principal } = request
    tellReplay(reply, token)
    if (token !== null)
      request.log.info(
        { act: 'rotate', api_key_id: apiKey.id, by: principal.key.id, generation },
        'key changed',
      )
    const receipt = await receiptOfChange(deps, committed, body.wait_ms, effectiveAt)
    reply.code(201).header('cache-control', 'no-store')
    return { ...answerApiKey(reply, apiKey, principal, deps.now()), generation, token, receipt }
  }

  app.post(
    '/v1/accounts/:account_id/api-keys/:id/rotate',
    {
      config: { access: { permission: 'api_key:rotate' } },
      schema: {
        ...described,
        operationId: 'rotateApiKey',
        summary: 'Rotate a key',
        description:
          'Issues a new token. The previous token keeps working until the overlap ends. Requires every permission that the key grants; an earlier expiry also requires `api_key:revoke`. A key cannot change its own expiry. The new token is returned only in this response.',
        params: Type.Object({ account_id: accountParameter, id: keyParameter }),
      },
    },
    async (request, reply) => {
      const { principal, params } = request
      const wanted = toRotationRequest(request.body)
      const rotated = await rotateApiKey(
        deps,
        principal,
        accountOf(request),
        params.id,
        wanted,
        parseIdempotencyKey(request),
      )
      return answer(request, reply, rotated)
    },
  )

  app.post(
    '/v1/me/rotate',
    {
      config: { access: { permission: 'api_key:rotate_self' } },
      schema: {
        ...described,
        operationId: 'rotateMe',
        summary: 'Rotate the key that authenticates the request',
        description:
          'Issues a new token for the key. The expiry of the key cannot change, and the overlap must not exceed SELF_ROTATION_MAX_OVERLAP_SECONDS.',
      },
    },
    async (request, reply) =>
      answer(
        request,
        reply,
        await rotateOwnKey(
          deps,
          request.principal,
          toRotationRequest(request.body),
          parseIdempotencyKey(request),
        ),
      ),
  )
}

/** Throws `invalid_request` for what a rotation cannot do without. */
function toRotationRequest(body: Static<typeof RotateApiKeyBody>): RotationRequest {
  const { overlap_seconds: overlapSeconds, expires_at: expiresAt } = body
  const onlyIfUnused = body.only_if_unused === true
  const faults: Fault[] = []
  if (overlapSeconds === undefined && !onlyIfUnused) faults.push(required('/overlap_seconds'))
  if (body.if_generation === undefined && onlyIfUnused) faults.push(required('/if_generation'))
  if (faults.length > 0) throw invalidRequest(faults)
  return {
    overlapSeconds: overlapSeconds ?? 0,
    retireOnFirstUseSeconds: body.retire_on_first_use_seconds ?? null,
    ifGeneration: body.if_generation,
    onlyIfUnused,
    endOverlap: body.end_overlap === true,
    ...(expiresAt !== undefined && { expiresAt: parseExpiry(expiresAt) }),
  }
}

function required(field: string): Fault {
  return { field, rule: 'required', message: 'The field is required.' }
}
