import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import type { Actor } from '../../domain/key/api-key.ts'
import type { User } from '../../domain/person/user.ts'
import type { RevisionRef } from '../../domain/protocol/revision-ref.ts'
import { insertBulkRevocation, revokeAll } from '../../store/bulk-revocation.ts'
import type { StoreTransaction } from '../../store/database.ts'
import {
  disableKeys,
  findKeysOfPerson,
  type KeysOfPeople,
  setRevisionOfKeys,
} from '../../store/keys-of-persons.ts'
import { changeInPortions, portionsOf } from '../api-keys/in-portions.ts'

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
  /** The ids of the keys by their accounts, in order of the ids of the keys. */
  readonly byAccount: ReadonlyMap<string, readonly string[]>
  /** One event in each account, for all of its keys. */
  readonly events: readonly AuditDraft[]
}

/** Disables or revokes the keys that a person issued by a session or a JWT, or leaves them. */
export async function endKeysOfUser(
  trx: StoreTransaction,
  user: User,
  issuedAs: KeysOfPeople['issuedAs'],
  ending: KeysEnding,
): Promise<EndedKeys> {
  const { keys, at } = ending
  if (keys === 'keep') return { byAccount: new Map(), events: [] }
  const { accountId, person } = user
  const ids = await findKeysOfPerson(trx, { accountId, issuedAs }, person.id)
  const byAccount = await changeInPortions(ids, (some) =>
    keys === 'disable' ? disableKeys(trx, some, at) : revokeAll(trx, some, {}, ending),
  )
  const events = Array.from(byAccount, ([id, apiKeyIds]) => eventOf(user, ending, id, apiKeyIds))
  return { byAccount, events }
}

/** Records which revision ended the keys, for the receipt of a repeated act on one of them. */
export async function sealKeys(
  trx: StoreTransaction,
  { keys, inBulk, at }: KeysEnding,
  { byAccount }: Pick<EndedKeys, 'byAccount'>,
  committed: RevisionRef,
): Promise<void> {
  if (byAccount.size === 0) return
  if (keys === 'revoke') {
    await insertBulkRevocation(trx, inBulk, committed, at)
    return
  }
  const ids = [...byAccount.values()].flat()
  for (const some of portionsOf(ids)) await setRevisionOfKeys(trx, some, committed)
}

/** A tenant reads that the platform ended keys of its own people, and not of which of them. */
function eventOf(
  user: User,
  { keys, reason, at }: KeysEnding,
  accountId: string,
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
      filter: { created_by: accountId === user.accountId ? user.person.id : null },
    },
    reason,
    apiKeyIds,
  }
}
