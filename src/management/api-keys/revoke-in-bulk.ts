import {
  type ActContext,
  type Acted,
  type AuthorizedTerms,
  act,
  nothingChanged,
} from '../../acts/act.ts'
import { newId } from '../../acts/ids.ts'
import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import type { ApiKey } from '../../domain/key/api-key.ts'
import { actorOf, type CallerPrincipal } from '../../domain/principal.ts'
import type { RevisionRef } from '../../domain/protocol/revision-ref.ts'
import { isUuid } from '../../domain/uuid.ts'
import { invalidRequest } from '../../errors.ts'
import { findApiKeys } from '../../store/api-keys.ts'
import {
  type BulkFilter,
  type BulkScope,
  findRevocable,
  insertBulkRevocation,
  type Revocation,
  revokeAll,
} from '../../store/bulk-revocation.ts'
import { findLatestRevision } from '../../store/changes.ts'
import type { ManagementDeps } from '../deps.ts'
import { descriptionFaults } from '../validate-text.ts'
import { changeInPortions } from './in-portions.ts'
import {
  type BulkRequest,
  bulkRequestFaults,
  validateBulkRequest,
} from './validate-bulk-request.ts'

/** How many of the selected keys are shown. */
export const sampled = 10

export interface BulkRevoked {
  readonly count: number
  /** How many accounts they belong to. */
  readonly accounts: number
  /** A few of the keys, as they are now. */
  readonly sample: readonly ApiKey[]
  /**
   * The revision of the act. When no key was left to revoke, the latest revision: once every
   * instance has applied it, every earlier revocation is applied.
   */
  readonly committed: RevisionRef
}

/**
 * Revokes all keys that a request selects, of one account or of all, in one transaction: one
 * revision, and one change and one event for each account. The exclusive lock of the accounts
 * ensures that no key is missed that is being issued. Repeating it revokes what was issued since.
 * Throws `invalid_request`.
 */
export async function revokeInBulk(
  deps: ManagementDeps,
  principal: CallerPrincipal,
  scope: BulkScope,
  request: BulkRequest,
  reason: string | null,
): Promise<BulkRevoked> {
  const faults = [
    ...bulkRequestFaults(request, deps),
    ...descriptionFaults('/reason', reason ?? ''),
  ]
  if (faults.length > 0) throw invalidRequest(faults)
  const revocation = { at: deps.now(), by: actorOf(principal), reason, inBulk: newId(deps) }
  const terms: AuthorizedTerms = {
    permission: 'api_key:revoke',
    isSensitive: true,
    lock: { mode: 'exclusive', accountId: scope },
    seal: (trx, committed) =>
      insertBulkRevocation(trx, revocation.inBulk, committed, revocation.at),
  }
  const revoke = async ({ trx, changed }: ActContext<unknown>): Promise<Acted<Done>> => {
    const filter = await validateBulkRequest(trx, scope, request)
    const found = await findRevocable(trx, scope, filter)
    const revoked = await changeInPortions(found, (some) =>
      revokeAll(trx, some, filter, revocation),
    )
    if (revoked.size === 0) {
      const latest = await findLatestRevision(trx)
      return nothingChanged({ count: 0, accounts: 0, sample: [], latest })
    }
    for (const id of revoked.keys()) changed({ kind: 'account', id })
    const ids = [...revoked.values()].flat()
    const sample = await findApiKeys(trx, ids.slice(-sampled).reverse())
    return {
      result: { count: ids.length, accounts: revoked.size, sample, latest: undefined },
      events: Array.from(revoked, ([accountId, apiKeyIds]) =>
        bulkRevoked(accountId, apiKeyIds, filter, revocation),
      ),
    }
  }
  const { result, committed } = await act(deps, principal, terms, revoke)
  const { latest, ...revoked } = result
  const revision = committed ?? latest
  if (revision === undefined) throw new Error('Keys were revoked without a revision.')
  return { ...revoked, committed: revision }
}

interface Done extends Omit<BulkRevoked, 'committed'> {
  /** If no key was left to revoke. */
  readonly latest: RevisionRef | undefined
}

function bulkRevoked(
  accountId: string,
  apiKeyIds: readonly string[],
  filter: BulkFilter,
  { at, reason }: Revocation,
): AuditDraft {
  return {
    accountId,
    action: 'api_key.bulk_revoked',
    resource: { type: 'api_key', id: null, name: null },
    before: null,
    after: { revoked_at: at.toISOString(), filter: describeFilter(filter) },
    reason,
    apiKeyIds,
  }
}

/** The filter in the words of the route; without a condition, every key. */
function describeFilter(filter: BulkFilter) {
  const { createdBy, roleIds, namePrefix, createdBefore, lastUsedBefore, neverUsed } = filter
  const conditions = {
    ...(createdBy !== undefined && { created_by: describeCreator(createdBy) }),
    ...(roleIds !== undefined && { role_ids: roleIds }),
    ...(namePrefix !== undefined && { name_prefix: namePrefix }),
    ...(createdBefore !== undefined && { created_before: createdBefore.toISOString() }),
    ...(lastUsedBefore !== undefined && { last_used_before: lastUsedBefore.toISOString() }),
    ...(neverUsed === true && { never_used: true }),
  }
  return Object.keys(conditions).length === 0 ? { all: true } : conditions
}

/** Tenants read this, and must not see keys of the platform. They know their users. */
function describeCreator({ id, platformToo }: NonNullable<BulkFilter['createdBy']>): string | null {
  return platformToo && isUuid(id) ? null : id
}
