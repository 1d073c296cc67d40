import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { rightsOf } from '../../../domain/principal.ts'
import type { disableApiKey } from '../../../management/api-keys/disable.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, ref } from '../../schema-tools.ts'
import { answerApiKey, ChangedApiKey, keyParams } from '../shapes/api-key.ts'
import { reasonInput } from '../shapes/fields.ts'
import { receiptOfChange } from '../shapes/receipt.ts'
import { waitInBody, waitOf, waitQuery } from '../shapes/wait.ts'

export const KeyActBody = Type.Object(
  { reason: reasonInput, wait_ms: waitInBody },
  {
    $id: 'KeyAct',
    ...closed,
    description: 'Why a key is revoked, disabled or enabled. The body may be absent or null.',
    examples: [{ reason: 'The laptop is lost.' }],
  },
)

/** What the operations that revoke, disable and enable a key have in common. */
export const keyActSchema = {
  tags: ['API keys'],
  params: keyParams,
  querystring: waitQuery,
  body: ref(KeyActBody),
  response: responses({ 200: ref(ChangedApiKey) }, { body: true, problems: [404, 409] }),
}

interface KeyActRequest {
  Params: Static<typeof keyParams>
  Querystring: Static<typeof waitQuery>
  Body: Static<typeof KeyActBody>
}

/** Performs the act on the key of the path, and logs the act under `verb`. */
export async function performKeyAct(
  deps: ControlPlaneDeps,
  request: FastifyRequest<KeyActRequest>,
  reply: FastifyReply,
  verb: 'revoke' | 'disable' | 'enable',
  act: typeof disableApiKey,
): Promise<Static<typeof ChangedApiKey>> {
  const { principal, params, body } = request
  const reason = body.reason ?? null
  const { apiKey, committed } = await act(deps, principal, params.account_id, params.id, reason)
  request.log.info(
    { act: verb, api_key_id: apiKey.id, by: rightsOf(principal).id, reason },
    'key changed',
  )
  const receipt = await receiptOfChange(deps, principal, committed, waitOf(request))
  return { ...answerApiKey(reply, apiKey, principal, deps.now()), receipt }
}
