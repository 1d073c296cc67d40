import { type Static, Type } from 'typebox'
import { checkOutcomes, type Explanation } from '../../../domain/explanation.ts'
import { parseAddress } from '../../../domain/network/address.ts'
import { formatAddress } from '../../../domain/network/format-address.ts'
import { denialReasons } from '../../../domain/verdict.ts'
import { invalidRequest } from '../../../errors.ts'
import { type ExplainRequest, explainApiKey } from '../../../management/api-keys/explain.ts'
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { responses } from '../../responses.ts'
import { closed, nullableString, openEnum, ref } from '../../schema-tools.ts'
import { parseTime } from '../parse-time.ts'
import { keyParams } from '../shapes/api-key.ts'
import { clientIpInput, requiredPermissionsInput } from '../shapes/attempt.ts'
import { id, time } from '../shapes/fields.ts'
import { addressFault } from '../verify/attempt.ts'

export const ExplainBody = Type.Object(
  {
    client_ip: clientIpInput,
    permissions: requiredPermissionsInput,
    at: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'Time at which the expiry is evaluated. Absent: now.',
        examples: ['2027-01-01T00:00:00Z'],
      }),
    ),
  },
  {
    $id: 'ExplainApiKey',
    ...closed,
    description: 'What the key would be used for. The body may be absent or null.',
    examples: [{ client_ip: '203.0.113.7', permissions: ['cluster:read'] }],
  },
)

export const ExplanationCheck = Type.Object(
  {
    check: openEnum(denialReasons, 'The denial that the check may cause.'),
    outcome: openEnum(
      checkOutcomes,
      '`not_checked`: the check concerns a token, and the request holds no token.',
    ),
  },
  { $id: 'ExplanationCheck', description: 'A check and its outcome.' },
)

export const ExplanationMatch = Type.Object(
  {
    allow_list_id: id('Id of the allow list.'),
    allow_list_name: Type.String({ description: 'Name of the list.', examples: ['office'] }),
    entry: Type.String({ description: 'The entry.', examples: ['203.0.113.0/24'] }),
  },
  { $id: 'ExplanationMatch', description: 'An allow list entry that contains an address.' },
)

export const ExplanationBody = Type.Object(
  {
    valid: Type.Boolean({ description: 'Whether a token of the key would be valid.' }),
    reason: Type.Optional(openEnum(denialReasons, 'First check that fails.')),
    at: time('Time at which the expiry was evaluated.'),
    client_ip: nullableString({
      description: 'Client address in the form that is compared with allow lists.',
    }),
    checks: Type.Array(ref(ExplanationCheck), {
      description: 'All checks, in the order of evaluation.',
    }),
    matches: Type.Array(ref(ExplanationMatch), {
      description: 'Allow list entries of the key that contain the client address.',
    }),
    missing_permissions: Type.Array(Type.String(), {
      description: 'The required permissions that the key does not grant.',
    }),
  },
  { $id: 'Explanation', description: 'The verdict on a key, with the outcome of every check.' },
)

export const ExplanationAnswer = Type.Object(
  { explanation: ref(ExplanationBody) },
  { $id: 'ExplanationAnswer', description: 'All checks and their outcomes.' },
)

export function explainApiKeyRoute(app: App, deps: ControlPlaneDeps): void {
  app.post(
    '/v1/accounts/:account_id/api-keys/:id/explain',
    {
      config: { access: { permission: 'api_key:read' } },
      schema: {
        operationId: 'explainApiKey',
        tags: ['API keys'],
        summary: 'Explain the verdict on a key',
        description:
          'Evaluates the checks of `POST /v1/verify` for a key, without its token, and returns the outcome of every check. Does not count as a use of the key.',
        params: keyParams,
        body: ref(ExplainBody),
        response: responses({ 200: ref(ExplanationAnswer) }, { body: true, problems: [404] }),
      },
    },
    async (request) => {
      const { account_id: accountId, id: keyId } = request.params
      const asked = parseExplainRequest(request.body, deps.now())
      const explanation = await explainApiKey(deps, accountId, keyId, asked)
      return { explanation: toExplanationBody(explanation, asked) }
    },
  )
}

/** Throws `invalid_request`. */
function parseExplainRequest(body: Static<typeof ExplainBody>, now: Date): ExplainRequest {
  const { client_ip: clientIp, permissions = [], at } = body
  const address = clientIp === undefined ? undefined : parseAddress(clientIp)
  if (clientIp !== undefined && address === undefined) {
    throw invalidRequest([addressFault('/client_ip')])
  }
  return { address, permissions, at: at === undefined ? now : parseTime('/at', at) }
}

function toExplanationBody(
  { reason, checks, matches, missingPermissions }: Explanation,
  { address, at }: ExplainRequest,
): Static<typeof ExplanationBody> {
  return {
    valid: reason === undefined,
    ...(reason !== undefined && { reason }),
    at: at.toISOString(),
    client_ip: address === undefined ? null : formatAddress(address),
    checks: checks.map(({ check, outcome }) => ({ check, outcome })),
    matches: matches.map(({ list, entry }) => ({
      allow_list_id: list.id,
      allow_list_name: list.name,
      entry,
    })),
    missing_permissions: [...missingPermissions],
  }
}
