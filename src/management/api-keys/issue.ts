import { type ActContext, type Acted, type Announce, act, nothingChanged } from '../../acts/act.ts'
import { requireGrantable } from '../../acts/authority.ts'
import { findEarlier, type IdempotentRequest } from '../../acts/idempotency.ts'
import { newId } from '../../acts/ids.ts'
import type { AuditDraft } from '../../domain/audit/audit-event.ts'
import { resourceOf, snapshotOfApiKey } from '../../domain/audit/snapshots.ts'
import type { ApiKey, CredentialRef } from '../../domain/key/api-key.ts'
import type { Metadata } from '../../domain/key/metadata.ts'
import { actorOf, type CallerPrincipal } from '../../domain/principal.ts'
import type { Rights } from '../../domain/rights.ts'
import { type Fault, invalidRequest } from '../../errors.ts'
import { findApiKey, insertApiKey, type NewApiKey } from '../../store/api-keys.ts'
import { insertCredential } from '../../store/credentials.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { findRoleWithEffects } from '../../store/roles.ts'
import type { ManagementDeps } from '../deps.ts'
import { descriptionFaults, metadataFaults, nameFaults } from '../validate-text.ts'
import { mintToken } from './mint.ts'
import { releaseExpired } from './release-expired.ts'
import { expiryFaults } from './require-not-ended.ts'
import { refusalOf, requireRoleAndLists, roleFaults } from './require-references.ts'

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
  /** Shown once, and stored nowhere. */
  readonly token: string
}

/** A key that an equal request issued before, which returned the token. */
export interface ReplayedIssue extends Omit<IssuedKey, 'token'> {
  readonly token: null
}

/**
 * Issues a key of the account. The key itself is not announced: no instance can have cached a new
 * key. A repeat of a request with the same idempotency key issues none. Throws `invalid_request`,
 * `escalation`, `name_taken`, `idempotency_key_reused`.
 */
export async function issueApiKey(
  deps: ManagementDeps,
  principal: CallerPrincipal,
  accountId: string,
  request: IssueRequest,
): Promise<IssuedKey>
export async function issueApiKey(
  deps: ManagementDeps,
  principal: CallerPrincipal,
  accountId: string,
  request: IssueRequest,
  idempotent: IdempotentRequest | undefined,
): Promise<IssuedKey | ReplayedIssue>
export async function issueApiKey(
  deps: ManagementDeps,
  principal: CallerPrincipal,
  accountId: string,
  request: IssueRequest,
  idempotent?: IdempotentRequest,
): Promise<IssuedKey | ReplayedIssue> {
  const now = deps.now()
  const faults = faultsOf(request, now)
  // The expiry may have passed since the first request: a repeat is looked up first.
  if (faults.length > 0 && idempotent === undefined) throw invalidRequest(faults)
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
  const issue = async (context: ActContext<Rights>): Promise<Acted<IssuedKey | ReplayedIssue>> => {
    const { trx, author, changed } = context
    const made = { apiKeyId: key.id, generation: 1 }
    const earlier =
      idempotent &&
      (await findEarlier(trx, principal, { ...idempotent, accountId, route: 'issue' }, made))
    if (earlier !== undefined) return nothingChanged(await replay(trx, author, earlier))
    if (faults.length > 0) throw invalidRequest(faults)
    const role = await requireRoleAndLists(trx, accountId, request)
    requireGrantable(author, { permissions: role.effective, ...key })
    await insertUnderFreeName(trx, changed, { ...key, roleId: role.id })
    await insertCredential(trx, { ...credential, generation: 1, createdAt: now })
    const issued = await findApiKey(trx, key.id)
    if (issued === undefined) throw new Error('An inserted key was not found.')
    const result = { apiKey: issued, generation: issued.generation, token }
    return { result, events: [apiKeyIssued(issued)] }
  }
  const terms = { permission: 'api_key:create', lock: { mode: 'shared', accountId } } as const
  return (await act(deps, principal, terms, issue)).result
}

/** The key that the first request issued, for an author who could still issue it. */
async function replay(
  trx: StoreTransaction,
  author: Rights,
  { apiKeyId, generation }: CredentialRef,
): Promise<ReplayedIssue> {
  const apiKey = await findApiKey(trx, apiKeyId)
  if (apiKey === undefined) throw new Error('An issued key was not found.')
  const role = await findRoleWithEffects(trx, apiKey.accountId, { id: apiKey.role.id })
  requireGrantable(author, { ...apiKey, permissions: role?.effective ?? [] })
  return { apiKey, generation, token: null }
}

/** The event of an issue. It has every right of the key, and nothing of its token. */
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

/** An expired key that still holds the name releases it; any other key keeps it. */
async function insertUnderFreeName(
  trx: StoreTransaction,
  changed: Announce,
  key: NewApiKey,
): Promise<void> {
  await releaseExpired(trx, changed, key.accountId, { name: key.name })
  try {
    await insertApiKey(trx, key)
  } catch (error) {
    throw refusalOf(error) ?? error
  }
}
