import type { ApiKey } from '../../domain/key/api-key.ts'
import { lastChangeOf, later, type RecordedChanges } from '../../domain/last-change.ts'
import { findLastChanges } from '../../store/last-changes.ts'
import type { ManagementDeps } from '../deps.ts'

/** What changes a key that is not revoked; the key itself has the time of its revocation. */
const actions = [
  'api_key.updated',
  'api_key.rotated',
  'api_key.disabled',
  'api_key.enabled',
] as const

/**
 * When each key of one account was last changed: later than after every change before, whatever the
 * clocks of the instances show.
 */
export async function lastChangesOfKeys(
  deps: Pick<ManagementDeps, 'longReads'>,
  accountId: string,
  apiKeys: readonly ApiKey[],
): Promise<ReadonlyMap<string, Date>> {
  const changed = apiKeys.filter((apiKey) => apiKey.lastChange !== null)
  const resourceIds = changed.map((apiKey) => apiKey.id)
  const recorded =
    resourceIds.length === 0
      ? new Map<string, RecordedChanges>()
      : await deps.longReads.run((db) => findLastChanges(db, { accountId, resourceIds, actions }))
  return new Map(apiKeys.map((apiKey) => [apiKey.id, lastChange(apiKey, recorded.get(apiKey.id))]))
}

/** No change follows a revocation, which may be one of many with an event for all of them. */
function lastChange({ createdAt, revokedAt }: ApiKey, recorded: RecordedChanges | undefined): Date {
  const changedAt = lastChangeOf(createdAt, recorded)
  return revokedAt === null ? changedAt : later(revokedAt, new Date(changedAt.getTime() + 1))
}
