import { inAuditedTransaction, nothingChanged } from '../../acts/audited-transaction.ts'
import { renewAuthority } from '../../acts/authority.ts'
import type { Deps } from '../../deps.ts'
import type { Account } from '../../domain/account.ts'
import { originOf } from '../../domain/audit/audit-event.ts'
import { differenceOf, resourceOf, snapshotOfAccount } from '../../domain/audit/snapshots.ts'
import type { Principal } from '../../domain/principal.ts'
import { invalidRequest, notFound } from '../../errors.ts'
import { lockAccount, renameAccount as renameStored } from '../../store/accounts.ts'
import { nameFaults } from '../validate-text.ts'

/** Gives an account another name. Throws `invalid_request`, `not_found`. */
export async function renameAccount(
  deps: Deps,
  principal: Principal,
  id: string,
  name: string,
): Promise<Account> {
  const faults = nameFaults('/name', name)
  if (faults.length > 0) throw invalidRequest(faults)
  return inAuditedTransaction(deps, originOf(principal), async (trx) => {
    const before = await lockAccount(trx, id)
    await renewAuthority(deps, trx, principal, 'account:update')
    if (before === undefined) throw notFound('account')
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
}
