import { type Static, Type } from 'typebox'
import { reaches } from '../../../domain/key/api-key.ts'
import { rightsOf } from '../../../domain/principal.ts'
import { type KeyPatch, updateApiKey } from '../../../management/api-keys/update.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { parsePreconditions } from '../../entity-tag.ts'
import { ifMatchHeader } from '../../if-match-header.ts'
import { responses } from '../../responses.ts'
import { closed, nullableString, oneOf, ref, unchangedIfNull } from '../../schema-tools.ts'
import { versionedKey } from '../../versions.ts'
import { parseExpiry } from '../parse-time.ts'
import { answerApiKey, ChangedApiKey, keyParams } from '../shapes/api-key.ts'
import { descriptionInput, nameInput } from '../shapes/fields.ts'
import { allowListIdsInput, metadataInput, roleInput } from '../shapes/key-input.ts'
import { receiptOfChange } from '../shapes/receipt.ts'
import { waitInBody, waitOf, waitQuery } from '../shapes/wait.ts'

export const UpdateApiKeyBody = Type.Object(
  {
    name: Type.Optional(
      nameInput(
        'Name of the key; unique among the keys of the account that are neither revoked nor expired.',
      ),
    ),
    description: Type.Optional(descriptionInput),
    role: Type.Optional(roleInput),
    reach: Type.Optional(
      oneOf(reaches, { description: '`anywhere` removes the allow lists from the key.' }),
    ),
    allow_list_ids: Type.Optional(
      unchangedIfNull(
        allowListIdsInput(
          'Replaces the allow lists of the key. Null: unchanged. To make the key usable from any address, set `reach` to `anywhere`.',
          { minItems: 1 },
        ),
      ),
    ),
    expires_at: Type.Optional(
      nullableString({
        format: 'date-time',
        description:
          'Time at which the key expires. Null: the key never expires. The expiry of an expired key cannot be changed.',
        examples: ['2027-11-23T00:00:00Z'],
      }),
    ),
    metadata: Type.Optional(unchangedIfNull(metadataInput('Null: unchanged.'))),
    wait_ms: waitInBody,
  },
  {
    $id: 'UpdateApiKey',
    ...closed,
    description: 'What to change. Fields that are absent stay unchanged.',
    examples: [{ description: 'Deploys from CI.', metadata: { team: 'billing' } }],
  },
)

export function updateApiKeyRoute(app: App, deps: ControlPlaneDeps): void {
  app.patch(
    '/v1/accounts/:account_id/api-keys/:id',
    {
      config: { access: { permission: 'api_key:update' } },
      schema: {
        operationId: 'updateApiKey',
        tags: ['API keys'],
        summary: 'Update a key',
        description:
          'Fields that are absent stay unchanged. Extending the rights of a key requires every permission that the key grants before and after the update. An earlier expiry also requires `api_key:revoke`. A narrower reach requires every permission that the key grants, or `api_key:disable`. A key cannot change its own role, reach or expiry. A revoked key cannot be updated.',
        params: keyParams,
        querystring: waitQuery,
        headers: ifMatchHeader,
        body: ref(UpdateApiKeyBody),
        response: responses(
          { 200: ref(ChangedApiKey) },
          { body: true, problems: [404, 409, 412, 428] },
        ),
      },
    },
    async (request, reply) => {
      const { principal } = request
      const { apiKey, committed } = await updateApiKey(
        deps,
        principal,
        request.params.account_id,
        request.params.id,
        parsePreconditions(versionedKey, request.raw.headers),
        toKeyPatch(request.body),
      )
      request.log.info(
        { act: 'update', api_key_id: apiKey.id, by: rightsOf(principal).id },
        'key changed',
      )
      const effectiveAt = request.body.expires_at === undefined ? null : apiKey.expiresAt
      const receipt = await receiptOfChange(
        deps,
        principal,
        committed,
        waitOf(request),
        effectiveAt,
      )
      return { ...answerApiKey(reply, apiKey, principal, deps.now()), receipt }
    },
  )
}

function toKeyPatch(body: Static<typeof UpdateApiKeyBody>): KeyPatch {
  const { name, description, role, reach, metadata } = body
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(role !== undefined && { role }),
    ...(reach !== undefined && { reach }),
    ...(metadata !== undefined && metadata !== null && { metadata }),
    ...(body.allow_list_ids !== undefined &&
      body.allow_list_ids !== null && {
        allowListIds: body.allow_list_ids.map((id) => id.toLowerCase()),
      }),
    ...(body.expires_at !== undefined && { expiresAt: parseExpiry(body.expires_at) }),
  }
}
