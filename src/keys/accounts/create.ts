import type { Deps } from '../../deps.ts'
import type { Account } from '../../domain/account.ts'
import type { Catalogue } from '../../domain/permission.ts'
import type { Principal } from '../../domain/principal.ts'
import { invalidRequest, ServiceError } from '../../errors.ts'
import { findAccount, insertAccount } from '../../store/accounts.ts'
import { inTransaction } from '../../store/transaction.ts'
import { renewAuthority } from '../authority.ts'
import { requireHeldCatalogue } from '../catalogue.ts'
import { newId } from '../ids.ts'
import { insertBuiltInRoles } from '../roles/built-in.ts'
import { nameFaults } from '../text-faults.ts'

export interface CreatedAccount {
  readonly account: Account
  /** False when the account of that id and name was there already. */
  readonly created: boolean
}

/**
 * Creates an account and its built-in roles. Idempotent on a given id: the same id and name again
 * give the account that is there; another name is `id_taken`. Throws `invalid_request`.
 */
export async function createAccount(
  deps: Deps,
  principal: Principal,
  request: { readonly id?: string; readonly name: string },
): Promise<CreatedAccount> {
  const faults = nameFaults('/name', request.name)
  if (faults.length > 0) throw invalidRequest(faults)
  const now = deps.now()
  const account: Account = {
    id: request.id ?? newId(deps),
    name: request.name,
    platform: false,
    createdAt: now,
  }
  return inTransaction(deps.db, async (trx) => {
    await renewAuthority(deps, trx, principal, 'account:create')
    const inserted = await insertAccount(trx, account)
    if (inserted === undefined) {
      return { account: sameAccount(await findAccount(trx, account.id), account), created: false }
    }
    const catalogue: Catalogue = await requireHeldCatalogue(trx)
    await insertBuiltInRoles(deps, trx, inserted, catalogue, now)
    return { account: inserted, created: true }
  })
}

function sameAccount(present: Account | undefined, wanted: Account): Account {
  if (present?.name === wanted.name) return present
  throw new ServiceError('id_taken', 'Another account has that id.', [
    { field: '/id', rule: 'unique', message: 'Another account has that id.' },
  ])
}
