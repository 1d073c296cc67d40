import type { FastifyBaseLogger } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../domain/principal.ts'
import { previewBulkRevocation } from '../../management/api-keys/preview-bulk-revocation.ts'
import { revokeInBulk } from '../../management/api-keys/revoke-in-bulk.ts'
import type { BulkRequest } from '../../management/api-keys/validate-bulk-request.ts'
import type { App } from '../app-type.ts'
import { responses } from '../responses.ts'
import { ref } from '../schema-tools.ts'
import { parseRoleFilter } from './api-key-filter.ts'
import { type BulkFilterBody, BulkRevocation, RevokeInBulkBody } from './bulk-schemas.ts'
import { parseTime } from './expiry.ts'
import { receiptOfChange } from './receipts.ts'
import { accountParameter } from './schemas.ts'
import { toApiKeyBody } from './wire.ts'

const tags = ['API keys']
const description =
  'Permanent. Revokes every matching key in one transaction with one receipt, including keys that are issued at the same time. Repeating the request revokes keys issued since.'

/** Many keys at once: of an account, and of all for the platform. */
export function bulkRevocationRoutes(app: App, deps: Deps): void {
  app.post(
    '/v1/accounts/:account_id/api-keys/revoke',
    {
      config: { access: { permission: 'api_key:revoke' } },
      schema: {
        operationId: 'revokeApiKeys',
        tags,
        summary: 'Revoke many keys',
        description,
        params: Type.Object({ account_id: accountParameter }),
        body: ref(RevokeInBulkBody),
        response: responses({ 200: ref(BulkRevocation) }, { body: true, problems: [404] }),
      },
    },
    (request) => revoke(deps, request, request.params.account_id),
  )

  app.post(
    '/v1/api-keys/revoke',
    {
      config: { access: { permission: 'api_key:revoke', platformOnly: true } },
      schema: {
        operationId: 'revokeApiKeysEverywhere',
        tags,
        summary: 'Revoke many keys in all accounts',
        description: `Requires a key of the platform account. The filter applies to keys of the platform account too. ${description}`,
        body: ref(RevokeInBulkBody),
        response: responses({ 200: ref(BulkRevocation) }, { body: true }),
      },
    },
    (request) => revoke(deps, request, undefined),
  )
}

interface BulkCall {
  readonly principal: Principal
  readonly body: Static<typeof RevokeInBulkBody>
  readonly log: FastifyBaseLogger
}

async function revoke(
  deps: Deps,
  { principal, body, log }: BulkCall,
  accountId: string | undefined,
): Promise<Static<typeof BulkRevocation>> {
  const wanted = parseFilter(body.filter, principal)
  if (body.dry_run === true) {
    const { count, accounts, sample } = await previewBulkRevocation(deps, accountId, wanted)
    return { dry_run: true, count, accounts, sample: shown(deps, sample, principal), receipt: null }
  }
  const reason = body.reason ?? null
  const done = await revokeInBulk(deps, principal, accountId, wanted, reason)
  const { count, accounts, sample, committed } = done
  log.info({ act: 'revoke in bulk', count, accounts, by: principal.key.id, reason }, 'keys revoked')
  return {
    dry_run: false,
    count,
    accounts,
    sample: shown(deps, sample, principal),
    receipt: await receiptOfChange(deps, committed, body.wait_ms),
  }
}

function shown(
  deps: Deps,
  apiKeys: Awaited<ReturnType<typeof previewBulkRevocation>>['sample'],
  principal: Principal,
) {
  return apiKeys.map((apiKey) => toApiKeyBody(apiKey, principal, deps.now()))
}

/** The keys that a body names. Throws `invalid_request`. */
function parseFilter(filter: Static<typeof BulkFilterBody>, reader: Principal): BulkRequest {
  return {
    ...(filter.all !== undefined && { all: filter.all }),
    ...(filter.created_by !== undefined && {
      createdBy: { id: filter.created_by, platformToo: reader.key.platform },
    }),
    ...(filter.role !== undefined && { role: parseRoleFilter(filter.role) }),
    ...(filter.name_prefix !== undefined && { namePrefix: filter.name_prefix }),
    ...(filter.created_before !== undefined && {
      createdBefore: parseTime('/filter/created_before', filter.created_before),
    }),
    ...(filter.last_used_before !== undefined && {
      lastUsedBefore: parseTime('/filter/last_used_before', filter.last_used_before),
    }),
    ...(filter.never_used !== undefined && { neverUsed: filter.never_used }),
  }
}
