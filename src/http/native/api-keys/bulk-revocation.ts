import type { FastifyBaseLogger } from 'fastify'
import { type Static, Type } from 'typebox'
import type { ApiKey } from '../../../domain/key/api-key.ts'
import { maxActorIdLength, maxNameLength } from '../../../domain/limits.ts'
import { type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import { previewBulkRevocation } from '../../../management/api-keys/preview-bulk-revocation.ts'
import { revokeInBulk } from '../../../management/api-keys/revoke-in-bulk.ts'
import type { BulkRequest } from '../../../management/api-keys/validate-bulk-request.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { documentedAs } from '../../documented-as.ts'
import { expectedRole } from '../../expected-value.ts'
import { closed, nullableRef, ref } from '../../schema-tools.ts'
import { parseTime } from '../parse-time.ts'
import { ApiKeyBody, toApiKeyBody } from '../shapes/api-key.ts'
import { reasonInput, textFilter, timeFilter } from '../shapes/fields.ts'
import { ReceiptBody, receiptOfChange } from '../shapes/receipt.ts'
import { waitInBody, waitOf, type waitQuery } from '../shapes/wait.ts'
import { parseRoleFilter } from './filter.ts'

/**
 * A condition that a filter names or leaves out: `false` would be ambiguous. Generators for C# make
 * code that does not compile from an enum of Booleans.
 */
const yes = (given: string) => {
  const description = `${given} Send \`true\`, or leave the condition out.`
  const schema = Type.Unsafe<true>({ type: 'boolean', enum: [true], description })
  return Type.Optional(documentedAs(schema, { type: 'boolean', description }))
}

export const BulkFilterBody = Type.Object(
  {
    all: yes('Every key. Excludes every other condition.'),
    created_by: textFilter(maxActorIdLength, 'Issued by this user or key: the id of the issuer.'),
    role: textFilter(maxNameLength, 'Id or name of the role of the key.', expectedRole),
    name_prefix: textFilter(maxNameLength, 'Prefix of the name of the key.'),
    created_before: timeFilter('Issued before this time.'),
    last_used_before: timeFilter(
      'Used, and last used before this time. The time must lie further in the past than the delay with which uses are stored.',
    ),
    never_used: yes('Never used.'),
  },
  {
    $id: 'BulkFilter',
    ...closed,
    description: 'Selects the keys that match every condition given. An empty filter is an error.',
    examples: [{ created_by: 'user|42' }],
  },
)

export const RevokeInBulkBody = Type.Object(
  {
    filter: ref(BulkFilterBody),
    dry_run: Type.Optional(
      Type.Boolean({
        description: 'Return the keys that would be revoked, and revoke nothing. Absent: false.',
      }),
    ),
    reason: reasonInput,
    wait_ms: waitInBody,
  },
  {
    $id: 'RevokeInBulk',
    ...closed,
    description: 'Which keys to revoke, and why.',
    examples: [{ filter: { created_by: 'user|42' }, reason: 'User 42 has left.' }],
  },
)

export const BulkRevocation = Type.Object(
  {
    dry_run: Type.Boolean({ description: 'Whether nothing was revoked.' }),
    count: Type.Integer({ description: 'Number of keys that were revoked, or would be revoked.' }),
    accounts: Type.Integer({ description: 'Number of accounts that these keys belong to.' }),
    sample: Type.Array(ref(ApiKeyBody), { description: 'Some of these keys.' }),
    receipt: nullableRef(ReceiptBody, { description: 'Null for a dry run.' }),
  },
  {
    $id: 'BulkRevocation',
    description:
      'Result of a bulk revocation. `receipt` is null for a dry run. If no key is left to revoke, `receipt` is the receipt of the latest revision: once that receipt is complete, all earlier revocations are complete.',
  },
)

/** The description that both operations share. */
export const bulkDescription =
  'Permanent. Revokes every matching key in one transaction with one receipt, including keys that are issued at the same time. Repeating the request revokes keys issued since.'

interface BulkCall {
  readonly principal: CallerPrincipal
  readonly query: Static<typeof waitQuery>
  readonly body: Static<typeof RevokeInBulkBody>
  readonly log: FastifyBaseLogger
}

/**
 * Revokes the keys that the body selects, in one account or in all. A dry run revokes nothing.
 * Throws `invalid_request`.
 */
export async function performBulkRevocation(
  deps: ControlPlaneDeps,
  { principal, query, body, log }: BulkCall,
  accountId: string | undefined,
): Promise<Static<typeof BulkRevocation>> {
  const wanted = parseBulkFilter(body.filter, principal)
  const show = (apiKeys: readonly ApiKey[]) =>
    apiKeys.map((apiKey) => toApiKeyBody(apiKey, principal, deps.now()))
  if (body.dry_run === true) {
    const { count, accounts, sample } = await previewBulkRevocation(deps, accountId, wanted)
    return { dry_run: true, count, accounts, sample: show(sample), receipt: null }
  }
  const reason = body.reason ?? null
  const done = await revokeInBulk(deps, principal, accountId, wanted, reason)
  const { count, accounts, sample, committed } = done
  log.info(
    { act: 'revoke in bulk', count, accounts, by: rightsOf(principal).id, reason },
    'keys revoked',
  )
  return {
    dry_run: false,
    count,
    accounts,
    sample: show(sample),
    receipt: await receiptOfChange(deps, principal, committed, waitOf({ query, body })),
  }
}

function parseBulkFilter(
  filter: Static<typeof BulkFilterBody>,
  reader: CallerPrincipal,
): BulkRequest {
  return {
    ...(filter.all !== undefined && { all: filter.all }),
    ...(filter.created_by !== undefined && {
      createdBy: { id: filter.created_by, platformToo: rightsOf(reader).platform },
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
