import type { ApiKey } from '../../domain/key/api-key.ts'
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
 * When each key of one account was last changed. Never earlier than it was before: a key that is
 * enabled again has no time of its disabling, and the clocks of instances differ.
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
      ? new Map<string, Date>()
      : await deps.longReads.run((db) => findLastChanges(db, { accountId, resourceIds, actions }))
  return new Map(apiKeys.map((apiKey) => [apiKey.id, latest(apiKey, recorded.get(apiKey.id))]))
}

function latest({ createdAt, disabledAt, revokedAt }: ApiKey, recordedAt: Date | undefined): Date {
  const times = [createdAt, disabledAt, revokedAt, recordedAt].flatMap((time) => time ?? [])
  return times.reduce((last, time) => (time > last ? time : last))
}
