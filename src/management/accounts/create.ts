import { type ActContext, type Acted, act, nothingChanged } from '../../acts/act.ts'
import type { ActDeps } from '../../acts/deps.ts'
import { findEarlierResource, type IdempotentRequest } from '../../acts/idempotency.ts'
import { newId } from '../../acts/ids.ts'
import type { Account } from '../../domain/account.ts'
import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import { resourceOf, snapshotOfAccount } from '../../domain/audit/snapshots.ts'
import type { Catalogue } from '../../domain/permission.ts'
import type { CallerPrincipal } from '../../domain/principal.ts'
import { invalidRequest, ServiceError } from '../../errors.ts'
import { findAccount, insertAccount } from '../../store/accounts.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { insertBuiltInRoles } from '../roles/built-in-roles.ts'
import { requireLockedCatalogue } from '../roles/catalogue.ts'
import { nameFaults } from '../validate-text.ts'

export interface CreatedAccount {
  readonly account: Account
  /** Whether an equal request with the same idempotency key created the account before. */
  readonly isRepeat: boolean
  /** False when the account of that id and name existed already. */
  readonly created: boolean
}

export interface AccountRequest {
  readonly id?: string
  readonly name: string
  /** The id of its only project; absent: generated. */
  readonly projectId?: string
}

/**
 * Creates an account and its built-in roles. Idempotent for a given id: the same id, name and
 * project return the existing account; another name or project is `id_taken`. A repeat of a
 * request with the same idempotency key creates none. Throws `invalid_request`,
 * `idempotency_key_reused`.
 */
export async function createAccount(
  deps: ActDeps,
  principal: CallerPrincipal,
  request: AccountRequest,
  idempotent?: IdempotentRequest,
): Promise<CreatedAccount> {
  const faults = nameFaults('/name', request.name)
  if (faults.length > 0) throw invalidRequest(faults)
  const now = deps.now()
  const account: Account = {
    id: request.id ?? newId(deps),
    name: request.name,
    platform: false,
    projectId: request.projectId ?? newId(deps),
    createdAt: now,
  }
  const create = async ({ trx }: ActContext<unknown>): Promise<Acted<CreatedAccount>> => {
    const named = idempotent && { ...idempotent, route: 'create account' }
    const earlier = named && (await findEarlierResource(trx, principal, named, account.id))
    if (earlier !== undefined) return nothingChanged(await findRepeated(trx, earlier))
    const inserted = await insertAccount(trx, account)
    if (inserted === undefined) {
      const present = sameAccount(await findAccount(trx, account.id), request)
      return nothingChanged({ account: present, created: false, isRepeat: false })
    }
    const catalogue: Catalogue = await requireLockedCatalogue(trx)
    await insertBuiltInRoles(deps, trx, inserted, catalogue, now)
    return {
      result: { account: inserted, created: true, isRepeat: false },
      events: [accountCreated(inserted)],
    }
  }
  const terms = { permission: 'account:create', isSensitive: true } as const
  return (await act(deps, principal, terms, create)).result
}

/** Accounts are never deleted. */
async function findRepeated(trx: StoreTransaction, id: string): Promise<CreatedAccount> {
  const account = await findAccount(trx, id)
  if (account === undefined) throw new Error('A created account was not found.')
  return { account, created: true, isRepeat: true }
}

/** The first event of an account. Its built-in roles have no events of their own. */
export function accountCreated(account: Account): AuditDraft {
  return {
    accountId: account.id,
    action: 'account.created',
    resource: resourceOf('account', account),
    before: null,
    after: snapshotOfAccount(account),
  }
}

/**
 * `present` is the account with the requested id; undefined when it was the project's id that was
 * taken.
 */
function sameAccount(present: Account | undefined, wanted: AccountRequest): Account {
  if (present === undefined)
    throw taken('/project_id', 'Another account has a project with this id.')
  const isSameProject = (wanted.projectId ?? present.projectId) === present.projectId
  if (present.name === wanted.name && isSameProject) return present
  throw taken('/id', 'Another account has this id.')
}

function taken(field: string, message: string): ServiceError {
  return new ServiceError('id_taken', message, [{ field, rule: 'unique', message }])
}
