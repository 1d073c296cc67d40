import type { Deps } from '../../deps.ts'
import type { ApiKey } from '../../domain/api-key.ts'
import { type AuditDraft, originOf } from '../../domain/audit-event.ts'
import { resourceOf, snapshotOfApiKey } from '../../domain/audit-snapshots.ts'
import type { Metadata } from '../../domain/metadata.ts'
import { actorOf, type Principal } from '../../domain/principal.ts'
import { type Fault, invalidRequest } from '../../errors.ts'
import { holdAccount } from '../../store/accounts.ts'
import { releaseExpired } from '../../store/api-key-holdings.ts'
import { findApiKey, insertApiKey, type NewApiKey } from '../../store/api-keys.ts'
import { insertCredential } from '../../store/credentials.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { inAuditedTransaction } from '../audit/audited.ts'
import { renewAuthority, requireGrantable } from '../authority.ts'
import { newId } from '../ids.ts'
import { descriptionFaults, metadataFaults, nameFaults } from '../text-faults.ts'
import { expiryFaults } from './ended.ts'
import { mintToken } from './mint.ts'
import { refusalOf, requireRoleAndLists, roleFaults } from './references.ts'

export interface IssueRequest {
  readonly name: string
  readonly description: string
  /** An id if it parses as a UUID, else a name. */
  readonly role: string
  /** Null: never. */
  readonly expiresAt: Date | null
  /** Empty: usable from anywhere. */
  readonly allowListIds: readonly string[]
  readonly metadata: Metadata
}

export interface IssuedKey {
  readonly apiKey: ApiKey
  readonly generation: number
  /** Shown once: it is stored nowhere. */
  readonly token: string
}

/**
 * Issues a key of the account. No change is announced: nothing can be cached of a key that is new.
 * Throws `invalid_request`, `escalation`, `name_taken`.
 */
export async function issueApiKey(
  deps: Deps,
  principal: Principal,
  accountId: string,
  request: IssueRequest,
): Promise<IssuedKey> {
  const now = deps.now()
  const faults = faultsOf(request, now)
  if (faults.length > 0) throw invalidRequest(faults)
  const named = { id: newId(deps), accountId, tokenPrefix: deps.tokenPrefix }
  const { token, credential } = await mintToken(deps, named)
  const key: Omit<NewApiKey, 'roleId'> = {
    ...named,
    name: request.name,
    description: request.description,
    metadata: request.metadata,
    reach: request.allowListIds.length === 0 ? 'anywhere' : 'allow_lists',
    allowListIds: [...new Set(request.allowListIds)],
    createdAt: now,
    createdBy: actorOf(principal),
    expiresAt: request.expiresAt,
  }
  const apiKey = await inAuditedTransaction(deps, originOf(principal), async (trx) => {
    await holdAccount(trx, accountId)
    const grantor = await renewAuthority(deps, trx, principal, 'api_key:create')
    const role = await requireRoleAndLists(trx, accountId, request)
    requireGrantable(grantor, { permissions: role.effective, ...key })
    await insertUnderFreeName(trx, { ...key, roleId: role.id }, now)
    await insertCredential(trx, { ...credential, generation: 1, createdAt: now })
    const issued = await findApiKey(trx, key.id)
    if (issued === undefined) throw new Error('An inserted key was not found.')
    return { result: issued, events: [apiKeyIssued(issued)] }
  })
  return { apiKey, generation: apiKey.generation, token }
}

export function apiKeyIssued(apiKey: ApiKey): AuditDraft {
  return {
    accountId: apiKey.accountId,
    action: 'api_key.issued',
    resource: resourceOf('api_key', apiKey),
    before: null,
    after: snapshotOfApiKey(apiKey),
  }
}

function faultsOf(request: IssueRequest, now: Date): Fault[] {
  return [
    ...nameFaults('/name', request.name),
    ...descriptionFaults('/description', request.description),
    ...roleFaults(request.role),
    ...metadataFaults('/metadata', request.metadata),
    ...expiryFaults(request.expiresAt, now),
  ]
}

/** An expired key that still holds the name gives it up; any other keeps it. */
async function insertUnderFreeName(
  trx: StoreTransaction,
  key: NewApiKey,
  now: Date,
): Promise<void> {
  await releaseExpired(trx, key.accountId, { name: key.name }, now)
  try {
    await insertApiKey(trx, key)
  } catch (error) {
    throw refusalOf(error) ?? error
  }
}
