import { act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import type { Account } from '../../domain/account.ts'
import { differenceOf, resourceOf, snapshotOfAccount } from '../../domain/audit/snapshots.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { changedSince, invalidRequest, notFound } from '../../errors.ts'
import { findAccount, renameAccount as renameStored } from '../../store/accounts.ts'
import { nameFaults } from '../validate-text.ts'

/**
 * Renames an account. Throws `invalid_request`, `not_found`, and `precondition_failed` unless the
 * account is as the author expects it.
 */
export async function renameAccount(
  deps: ActDeps,
  principal: CallerPrincipal,
  id: string,
  name: string,
  isExpected: (before: Account) => boolean = () => true,
): Promise<Account> {
  const faults = nameFaults('/name', name)
  if (faults.length > 0) throw invalidRequest(faults)
  const lock = { mode: 'rename', accountId: id } as const
  const terms = { permission: 'account:update', isSensitive: true, lock } as const
  const { result } = await act(deps, principal, terms, async ({ trx }) => {
    const before = await findAccount(trx, id)
    if (before === undefined) throw notFound('account')
    if (!isExpected(before)) throw changedSince('account')
    if (before.name === name) return nothingChanged(before)
    const account = await renameStored(trx, id, name)
    const event = {
      accountId: account.id,
      action: 'account.updated',
      resource: resourceOf('account', account),
      ...differenceOf(snapshotOfAccount(before), snapshotOfAccount(account)),
    } as const
    return { result: account, events: [event] }
  })
  return result
}
