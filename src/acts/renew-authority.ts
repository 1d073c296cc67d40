import type { Grantor } from '../domain/grant.ts'
import type { UserFacts } from '../domain/person/user.ts'
import { endOfMembership } from '../domain/person/user.ts'
import type {
  CallerPrincipal,
  KeyPrincipal,
  Principal,
  SessionRef,
  UserPrincipal,
} from '../domain/principal.ts'
import type { Rights } from '../domain/rights.ts'
import { judge } from '../domain/verdict.ts'
import { ServiceError } from '../errors.ts'
import { findCatalogue } from '../store/catalogue.ts'
import { lockKeyFacts } from '../store/credentials.ts'
import type { StoreTransaction } from '../store/database.ts'
import { lockUserFacts } from '../store/memberships.ts'
import { lockRoleRights } from '../store/role-rights.ts'
import { lockSessionShared } from '../store/sessions.ts'
import { confirmationRequired, requirePermission } from './authority.ts'
import type { IdDeps } from './deps.ts'

/** Who acts, as of the transaction, and what it may grant only once it is confirmed again. */
export type Author = Rights & Pick<Grantor, 'unconfirmed'>

/** What an act requires of its author. */
export interface RequiredAuthority {
  /** Null: any caller may act. */
  readonly permission: string | null
  /** A session must have been confirmed lately. */
  readonly isSensitive?: true
}

/**
 * The author of an act: the principal as of the transaction. A key, or the membership and the role
 * of a person, is loaded and judged again and locked until the commit, and so is the session by
 * which it acts: no act of a revoked key, of a removed person or of an ended session is committed.
 * The system has no rights to judge. Only act() calls this. Throws `unauthenticated`,
 * `permission_denied` or `confirmation_required`.
 */
export async function renewAuthority(
  deps: Pick<IdDeps, 'now'>,
  trx: StoreTransaction,
  principal: Principal,
  required: RequiredAuthority,
): Promise<Author | undefined> {
  switch (principal.kind) {
    case 'system':
      return undefined
    case 'key':
      return renewKey(deps, trx, principal, required)
    case 'user':
      return renewUser(deps, trx, principal, required)
  }
}

async function renewKey(
  deps: Pick<IdDeps, 'now'>,
  trx: StoreTransaction,
  principal: KeyPrincipal,
  required: RequiredAuthority,
): Promise<Author> {
  const facts = await lockKeyFacts(trx, principal.key.id, principal.key.generation)
  const attempt = { address: principal.address, permissions: [], accountId: undefined }
  const verdict = facts && judge(facts, attempt, deps.now())
  // The error that the request would get if it arrived now.
  if (verdict?.valid === false && verdict.reason === 'address_not_allowed') {
    throw new ServiceError(
      'permission_denied',
      'The client address is not in the allow lists of the API key.',
    )
  }
  if (facts === undefined || verdict?.valid !== true) {
    throw new ServiceError('unauthenticated', 'The API key of the request is no longer valid.')
  }
  const author = await authorOf(deps, trx, facts, principal, required)
  if (principal.actingUser !== undefined) requirePermission(facts, 'account:act_as')
  principal.authorityRenewed = true
  return author
}

async function renewUser(
  deps: Pick<IdDeps, 'now'>,
  trx: StoreTransaction,
  principal: UserPrincipal,
  required: RequiredAuthority,
): Promise<Author> {
  const facts = await lockFactsOf(trx, principal)
  if (facts === undefined || endOfMembership(facts, deps.now()) !== undefined) {
    throw new ServiceError(
      'unauthenticated',
      'The person of the request is no longer a user of the account.',
    )
  }
  const author = await authorOf(deps, trx, facts, principal, required)
  principal.authorityRenewed = true
  return author
}

async function authorOf(
  deps: Pick<IdDeps, 'now'>,
  trx: StoreTransaction,
  facts: Rights,
  { kind, session }: Pick<CallerPrincipal, 'kind' | 'session'>,
  required: RequiredAuthority,
): Promise<Author> {
  const isConfirmed = session === undefined || (await renewSession(deps, trx, kind, session))
  if (required.permission !== null) requirePermission(facts, required.permission)
  if (required.isSensitive === true && !isConfirmed) throw confirmationRequired()
  return isConfirmed ? facts : { ...facts, unconfirmed: await sensitivePermissions(trx) }
}

/** Locks the session after its owner: the order of every act. Returns whether it is confirmed. */
async function renewSession(
  deps: Pick<IdDeps, 'now'>,
  trx: StoreTransaction,
  kind: CallerPrincipal['kind'],
  { id }: SessionRef,
): Promise<boolean> {
  const session = await lockSessionShared(trx, kind, id)
  const now = deps.now()
  // The request itself is a use, so that the session is not idle.
  if (session === undefined || session.endedAt !== null || session.expiresAt <= now) {
    throw new ServiceError('unauthenticated', 'The session has ended. Sign in again.')
  }
  return session.confirmedUntil > now
}

async function sensitivePermissions(trx: StoreTransaction): Promise<ReadonlySet<string>> {
  const catalogue = (await findCatalogue(trx)) ?? []
  return new Set(catalogue.filter((entry) => entry.sensitive).map((entry) => entry.name))
}

/**
 * The facts of a person as of the transaction, locked. Those of a caller with a JWT are of the role
 * that its claims map to, whatever role a sign-in gave, and end with the JWT. Undefined: the person
 * has no such role any more.
 */
async function lockFactsOf(
  trx: StoreTransaction,
  { user, token }: Pick<UserPrincipal, 'token' | 'user'>,
): Promise<UserFacts | undefined> {
  const facts = await lockUserFacts(trx, user.membershipId)
  if (facts === undefined || token === undefined) return facts
  const { expiresAt, mappedRoleId } = token
  if (mappedRoleId === null) {
    return facts.mappedUntil === null ? { ...facts, mappedUntil: expiresAt } : undefined
  }
  const rights = await lockRoleRights(trx, facts.accountId, mappedRoleId)
  return rights && { ...facts, ...rights, mappedUntil: expiresAt }
}
