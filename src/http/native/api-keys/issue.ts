import { type Static, Type } from 'typebox'
import { type IssueRequest, issueApiKey } from '../../../management/api-keys/issue.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, nullableString, ref } from '../../schema-tools.ts'
import { idempotencyHeaders, parseIdempotencyKey, setReplayHeader } from '../idempotency.ts'
import { parseExpiry } from '../parse-time.ts'
import { accountParams } from '../shapes/account.ts'
import { ApiKeyBody, answerApiKey, pathOfApiKey } from '../shapes/api-key.ts'
import { descriptionInput, nameInput } from '../shapes/fields.ts'
import { issuedToken, showToken, withJwtForm, withoutJwtForm } from '../shapes/issued-token.ts'
import { allowListIdsInput, metadataInput, roleInput } from '../shapes/key-input.ts'

export const IssueApiKeyBody = Type.Object(
  {
    name: nameInput(
      'Name of the key; unique among the keys of the account that are neither revoked nor expired.',
    ),
    description: Type.Optional(descriptionInput),
    role: roleInput,
    expires_at: nullableString({
      format: 'date-time',
      description:
        'Time at which the key expires. Null: the key never expires. Required, so that a key without expiry is a deliberate choice.',
      examples: ['2027-11-23T00:00:00Z'],
    }),
    allow_list_ids: Type.Optional(
      allowListIdsInput('Absent or empty: the key is usable from any address.'),
    ),
    metadata: Type.Optional(metadataInput('')),
    with_jwt_form: withJwtForm,
  },
  {
    $id: 'IssueApiKey',
    ...closed,
    description: 'A key to issue.',
    examples: [{ name: 'ci deploy', role: 'developer', expires_at: '2035-01-01T00:00:00Z' }],
  },
)

export const IssuedApiKey = Type.Object(
  { api_key: ref(ApiKeyBody), ...issuedToken },
  { $id: 'IssuedApiKey', description: 'The key and its token.' },
)

export function issueApiKeyRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts/:account_id/api-keys',
    {
      config: { access: { permission: 'api_key:create' } },
      schema: {
        operationId: 'issueApiKey',
        tags: ['API keys'],
        summary: 'Issue a key',
        description: 'The token is returned only in this response and is stored nowhere.',
        params: accountParams,
        headers: idempotencyHeaders('the same key and generation, and `token` null'),
        body: ref(IssueApiKeyBody),
        response: responses({ 201: ref(IssuedApiKey) }, { body: true, problems: [404, 409, 422] }),
      },
    },
    async (request, reply) => {
      const { principal, params, body } = request
      const { apiKey, generation, token } = await issueApiKey(
        deps,
        principal,
        params.account_id,
        toIssueRequest(body),
        parseIdempotencyKey(request, withoutJwtForm(body)),
      )
      setReplayHeader(reply, token === null)
      reply.code(201).header('location', pathOfApiKey(apiKey)).header('cache-control', 'no-store')
      return {
        ...answerApiKey(reply, apiKey, principal, deps.now()),
        generation,
        ...showToken(deps, body, { apiKey, token }),
      }
    },
  )
}

function toIssueRequest(body: Static<typeof IssueApiKeyBody>): IssueRequest {
  return {
    name: body.name,
    description: body.description ?? '',
    role: body.role,
    expiresAt: parseExpiry(body.expires_at),
    allowListIds: body.allow_list_ids?.map((id) => id.toLowerCase()) ?? [],
    metadata: body.metadata ?? {},
  }
}
