import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import type { Actor } from '../../domain/key/api-key.ts'
import type { User } from '../../domain/person/user.ts'
import type { RevisionRef } from '../../domain/protocol/revision-ref.ts'
import { insertBulkRevocation, revokeAll } from '../../store/bulk-revocation.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { disableKeys, lockKeysOfPerson, setRevisionOfKeys } from '../../store/keys-of-persons.ts'

/** What becomes of the keys of a person who is removed. */
export const keysThen = ['keep', 'disable', 'revoke'] as const
export type KeysThen = (typeof keysThen)[number]

export interface KeysEnding {
  readonly keys: KeysThen
  readonly reason: string | null
  readonly at: Date
  readonly by: Actor
  /** The id of the bulk revocation, if the keys are revoked. */
  readonly inBulk: string
}

export interface EndedKeys {
  readonly apiKeyIds: readonly string[]
  /** One event for all of them. */
  readonly events: readonly AuditDraft[]
}

/** Disables or revokes the keys that a person issued by a session here, or leaves them. */
export async function endKeysOfUser(
  trx: StoreTransaction,
  user: User,
  ending: KeysEnding,
): Promise<EndedKeys> {
  if (ending.keys === 'keep') return { apiKeyIds: [], events: [] }
  const ids = await lockKeysOfPerson(trx, user.accountId, user.person.id)
  if (ids.length === 0) return { apiKeyIds: [], events: [] }
  const apiKeyIds =
    ending.keys === 'disable'
      ? await disableKeys(trx, ids, ending.at)
      : (await revokeAll(trx, ids, {}, ending)).map(({ id }) => id)
  if (apiKeyIds.length === 0) return { apiKeyIds, events: [] }
  return { apiKeyIds, events: [eventOf(user, ending, apiKeyIds)] }
}

/** Records which revision ended the keys, for the receipt of a repeated act on one of them. */
export async function sealKeys(
  trx: StoreTransaction,
  { keys, inBulk, at }: KeysEnding,
  apiKeyIds: readonly string[],
  committed: RevisionRef,
): Promise<void> {
  if (apiKeyIds.length === 0) return
  if (keys === 'revoke') await insertBulkRevocation(trx, inBulk, committed, at)
  else await setRevisionOfKeys(trx, apiKeyIds, committed)
}

function eventOf(
  { accountId, person }: User,
  { keys, reason, at }: KeysEnding,
  apiKeyIds: readonly string[],
): AuditDraft {
  const isRevocation = keys === 'revoke'
  return {
    accountId,
    action: isRevocation ? 'api_key.bulk_revoked' : 'api_key.bulk_disabled',
    resource: { type: 'api_key', id: null, name: null },
    before: null,
    after: {
      [isRevocation ? 'revoked_at' : 'disabled_at']: at.toISOString(),
      filter: { created_by: person.id },
    },
    reason,
    apiKeyIds,
  }
}
