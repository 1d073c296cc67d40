import { nothingChanged } from '../../acts/audited-transaction.ts'
import { inChangingTransaction } from '../../acts/changing-transaction.ts'
import type { Deps } from '../../deps.ts'
import { systemOrigin } from '../../domain/audit/audit-event.ts'
import { differenceOf, resourceOf, snapshotOfApiKey } from '../../domain/audit/snapshots.ts'
import { findTagKey } from '../../domain/token/tag.ts'
import { keyIdOf, parseHint, parseToken } from '../../domain/token/token.ts'
import { isUuid } from '../../domain/uuid.ts'
import { invalidRequest } from '../../errors.ts'
import { lockAccountShared } from '../../store/accounts.ts'
import { findChangedRevision, setChangedRevision } from '../../store/api-key-references.ts'
import { findApiKey, lockApiKey, revokeApiKey } from '../../store/api-keys.ts'
import { lockRoleShared } from '../../store/roles.ts'
import { descriptionFaults } from '../validate-text.ts'
import type { ChangedKey } from './change-api-key.ts'

/**
 * Ends a key for good, by whoever has the database. `named` is a token, a hint or an id. Revoking it
 * again changes nothing. Throws an Error when there is no such key, or the token is not one of ours.
 */
export async function revokeAsOperator(
  deps: Deps,
  named: string,
  reason: string | null,
): Promise<ChangedKey> {
  const faults = descriptionFaults('/reason', reason ?? '')
  if (faults.length > 0) throw invalidRequest(faults)
  const id = keyIdNamed(deps, named)
  const found = await findApiKey(deps.db, id)
  if (found === undefined) throw new Error('The key does not exist.')
  const { result, committed } = await inChangingTransaction(
    deps,
    systemOrigin,
    async (trx, announce) => {
      await lockAccountShared(trx, found.accountId)
      const key = (await lockApiKey(trx, found.accountId, id)) ?? found
      const earlier = await findChangedRevision(trx, id)
      if (key.revokedAt !== null && earlier !== undefined) {
        return nothingChanged({ apiKey: key, earlier })
      }
      await revokeApiKey(trx, id, { at: deps.now(), by: systemOrigin.actor, reason })
      announce({ kind: 'key', id })
      const apiKey = (await findApiKey(trx, id)) ?? key
      // See changeApiKey.
      await lockRoleShared(trx, apiKey.role.id)
      const event = {
        accountId: apiKey.accountId,
        action: 'api_key.revoked',
        resource: resourceOf('api_key', apiKey),
        ...differenceOf(snapshotOfApiKey(key), snapshotOfApiKey(apiKey)),
        reason,
      } as const
      return { result: { apiKey, earlier }, events: [event] }
    },
    (trx, sealed) => setChangedRevision(trx, id, sealed),
  )
  const revision = committed ?? result.earlier
  if (revision === undefined) throw new Error('A key was revoked without a revision.')
  return { apiKey: result.apiKey, committed: revision }
}

function keyIdNamed(deps: Deps, named: string): string {
  if (isUuid(named)) return named.toLowerCase()
  const token = parseToken(named)
  if (token === undefined) {
    const id = parseHint(named)
    if (id !== undefined) return id
    throw new Error('KEY must be a token, a hint or the id of a key.')
  }
  if (findTagKey(token, deps.keyring.keys) !== undefined) return keyIdOf(token)
  throw new Error('This deployment did not issue the token. To revoke the key, give its hint.')
}
