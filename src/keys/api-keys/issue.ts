import type { Deps } from '../../deps.ts'
import type { ApiKey } from '../../domain/api-key.ts'
import { type AuditDraft, originOf } from '../../domain/audit-event.ts'
import { resourceOf, snapshotOfApiKey } from '../../domain/audit-snapshots.ts'
import { actorOf, type Principal } from '../../domain/principal.ts'
import { formatToken } from '../../domain/token.ts'
import { isUuid } from '../../domain/uuid.ts'
import { type Fault, invalidRequest, ServiceError } from '../../errors.ts'
import { allowListUseConstraint, existingAllowListIds } from '../../store/allow-lists.ts'
import { releaseExpired } from '../../store/api-key-holdings.ts'
import { findApiKey, insertApiKey, keyNameIndex, type NewApiKey } from '../../store/api-keys.ts'
import { insertCredential } from '../../store/credentials.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { violates } from '../../store/faults.ts'
import { findRoleWithEffects, type RoleWithEffects, roleUseConstraint } from '../../store/roles.ts'
import { inAuditedTransaction } from '../audit/audited.ts'
import { renewAuthority, requireGrantable } from '../authority.ts'
import { newId } from '../ids.ts'
import { descriptionFaults, nameFaults } from '../text-faults.ts'

export interface IssueRequest {
  readonly name: string
  readonly description: string
  /** An id if it parses as a UUID, else a name. */
  readonly role: string
  /** Null: never. */
  readonly expiresAt: Date | null
  /** Empty: usable from anywhere. */
  readonly allowListIds: readonly string[]
}

export interface IssuedKey {
  readonly apiKey: ApiKey
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
  const id = newId(deps)
  const token = formatToken({
    prefix: deps.tokenPrefix,
    keyId: id,
    secret: deps.randomBytes(32),
    tagKey: deps.ring.signing,
  })
  const secretHash = await deps.hasher.hash(accountId, token.secret)
  const key: Omit<NewApiKey, 'roleId'> = {
    id,
    accountId,
    name: request.name,
    description: request.description,
    reach: request.allowListIds.length === 0 ? 'anywhere' : 'allow_lists',
    allowListIds: [...new Set(request.allowListIds)],
    tokenPrefix: token.prefix,
    createdAt: now,
    createdBy: actorOf(principal),
    expiresAt: request.expiresAt,
  }
  const apiKey = await inAuditedTransaction(deps, originOf(principal), async (trx) => {
    const grantor = await renewAuthority(deps, trx, principal, 'api_key:create')
    const role = await requireRoleAndLists(trx, accountId, request)
    requireGrantable(grantor, { permissions: role.effective, ...key })
    await insertUnderFreeName(trx, { ...key, roleId: role.id }, now)
    await insertCredential(trx, {
      apiKeyId: id,
      generation: 1,
      tag: token.tag,
      tagKeyId: deps.ring.signing.id,
      createdAt: now,
      ...secretHash,
    })
    const issued = await findApiKey(trx, id)
    if (issued === undefined) throw new Error('An inserted key was not found.')
    return { result: issued, events: [apiKeyIssued(issued)] }
  })
  return { apiKey, token: token.text }
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
  const faults = [
    ...nameFaults('/name', request.name),
    ...descriptionFaults('/description', request.description),
  ]
  // A lone surrogate would reach the database as U+FFFD, which is another name.
  if (!request.role.isWellFormed()) faults.push(unknownRole)
  if (request.expiresAt !== null && request.expiresAt <= now) {
    faults.push({ field: '/expires_at', rule: 'future', message: 'It must be in the future.' })
  }
  return faults
}

async function requireRoleAndLists(
  trx: StoreTransaction,
  accountId: string,
  request: IssueRequest,
): Promise<RoleWithEffects> {
  const by = isUuid(request.role) ? { id: request.role } : { name: request.role }
  const role = await findRoleWithEffects(trx, accountId, by)
  const existing = await existingAllowListIds(trx, accountId, request.allowListIds)
  const faults = request.allowListIds.flatMap((listId, index) =>
    existing.has(listId) ? [] : [unknownAllowList(index)],
  )
  if (role === undefined) faults.unshift(unknownRole)
  if (role === undefined || faults.length > 0) throw invalidRequest(faults)
  return role
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

/** What the database's refusal of a new key means; a role or a list may have been deleted a moment ago. */
function refusalOf(error: unknown): ServiceError | undefined {
  if (violates(error, keyNameIndex)) {
    return new ServiceError('name_taken', 'A key of this account has that name.', [
      { field: '/name', rule: 'unique', message: 'A live key of this account has that name.' },
    ])
  }
  if (violates(error, roleUseConstraint)) return invalidRequest([unknownRole])
  if (violates(error, allowListUseConstraint)) return invalidRequest([unknownAllowList()])
  return undefined
}

const unknownRole: Fault = {
  field: '/role',
  rule: 'exists',
  message: 'The account has no such role.',
}

function unknownAllowList(index?: number): Fault {
  return {
    field: index === undefined ? '/allow_list_ids' : `/allow_list_ids/${index}`,
    rule: 'exists',
    message: 'The account has no such allow list.',
  }
}
