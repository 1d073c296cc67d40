import { type AuditDraft, originOf } from '../domain/audit/audit-event.ts'
import type { CallerPrincipal, Principal, SystemPrincipal } from '../domain/principal.ts'
import type { Change } from '../domain/protocol/change.ts'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import { ServiceError } from '../errors.ts'
import { type AccountLock, lockAccounts } from '../store/account-locks.ts'
import type { StoreTransaction } from '../store/database.ts'
import { OutcomeUnknownError } from '../store/faults.ts'
import { takeRevision } from '../store/take-revision.ts'
import { inTransaction } from '../store/transaction.ts'
import { appendEvents } from './append-events.ts'
import type { ActDeps } from './deps.ts'
import { newRandomId } from './ids.ts'
import { type Author, renewAuthority } from './renew-authority.ts'

/** What an act locks before its own statements, and what it writes after them. */
export interface ActTerms {
  /** The first lock of the transaction; see README.md. */
  readonly lock?: AccountLock
  /**
   * Locks the rows of the principal's own key, session, role or person that the act is about to
   * change. The renewal of authority shares most of them: two acts that shared a row first, and
   * then both wanted it alone, would deadlock.
   */
  readonly lockFirst?: (trx: StoreTransaction) => Promise<unknown>
  /**
   * Records which revision the act took: the last statement before COMMIT, under the counter's
   * lock.
   */
  readonly seal?: (trx: StoreTransaction, committed: RevisionRef) => Promise<void>
}

/** The terms of an act of a caller. */
export interface AuthorizedTerms extends ActTerms {
  /**
   * The permission that the principal must hold when the act is committed; null: any caller may
   * act.
   */
  readonly permission: string | null
  /** A session must have been confirmed lately. What an act grants is judged apart. */
  readonly isSensitive?: true
}

/** The rights of the principal as of the transaction. The system has none. */
export type AuthorOf<P extends Principal> = P extends CallerPrincipal ? Author : undefined

export interface ActContext<Author> {
  readonly trx: StoreTransaction
  readonly author: Author
  readonly changed: Announce
}

/** Announces a change of what keys may do, which every instance must apply. */
export type Announce = (change: Change) => void

/** The result of an act, and the events that record it. There are none only if nothing changed. */
export interface Acted<T> {
  readonly result: T
  readonly events: readonly AuditDraft[]
  /** Whom the events name, where only the act makes the author a user; absent: the principal. */
  readonly by?: CallerPrincipal
}

export interface CommittedAct<T> {
  readonly result: T
  /** The revision that the act took; undefined when nothing was announced. */
  readonly committed: RevisionRef | undefined
}

type Perform<T, Author> = (context: ActContext<Author>) => Promise<Acted<T>>

/** The outcome of an act that found everything as it was requested. */
export function nothingChanged<T>(result: T): Acted<T> {
  return { result, events: [] }
}

/**
 * Runs one act in one transaction. It locks, renews the authority of the principal, performs the
 * act, appends its events, and takes one revision for everything that the act announced; README.md
 * gives the order and its reasons. Nothing else changes what keys may do. `perform` runs again from
 * the start after a serialization failure or a deadlock, so its effects must stay in the
 * transaction.
 *
 * The cache of this process is invalidated before the caller receives the outcome, even if the
 * outcome is an error: the commit may have happened, and invalidating too much is harmless.
 *
 * Throws `unauthenticated` or `permission_denied` when the principal may not act, `outcome_unknown`
 * when the connection was lost at COMMIT, and what `perform` throws.
 */
export function act<T>(
  deps: ActDeps,
  principal: SystemPrincipal,
  terms: ActTerms,
  perform: Perform<T, undefined>,
): Promise<CommittedAct<T>>
export function act<T, P extends Principal>(
  deps: ActDeps,
  principal: P,
  terms: AuthorizedTerms,
  perform: Perform<T, AuthorOf<P>>,
): Promise<CommittedAct<T>>
export async function act<T, AnyAuthor extends Author | undefined>(
  deps: ActDeps,
  principal: Principal,
  terms: ActTerms | AuthorizedTerms,
  perform: Perform<T, AnyAuthor>,
): Promise<CommittedAct<T>> {
  const everyChange: Change[] = []
  try {
    return await inTransaction(deps.db, async (trx) => {
      if (terms.lock !== undefined) await lockAccounts(trx, terms.lock)
      await terms.lockFirst?.(trx)
      // The overloads pair each kind of principal with its terms and its author.
      const author = (await renewAuthority(
        deps,
        trx,
        principal,
        terms as AuthorizedTerms,
      )) as AnyAuthor
      const changes: Change[] = []
      const changed = (change: Change) => void changes.push(change)
      const { result, events, by } = await perform({ trx, author, changed })
      everyChange.push(...changes)
      await appendEvents(deps, trx, originOf(by ?? principal), events)
      if (changes.length === 0) return { result, committed: undefined }
      const committed = await takeNextRevision(deps, trx, changes)
      await terms.seal?.(trx, committed)
      return { result, committed }
    })
  } catch (error) {
    // An act that announced nothing may not be safe to repeat.
    const isRepeatable = error instanceof OutcomeUnknownError && everyChange.length > 0
    throw isRepeatable ? outcomeUnknown(deps, error) : error
  } finally {
    deps.freshness.invalidate(everyChange)
  }
}

async function takeNextRevision(
  deps: ActDeps,
  trx: StoreTransaction,
  changes: readonly Change[],
): Promise<RevisionRef> {
  const id = newRandomId(deps)
  const revision = await takeRevision(trx, {
    id,
    changes: changes.map((change) => ({
      kind: change.kind,
      subject: 'id' in change ? change.id : null,
    })),
    now: deps.now(),
    notify: deps.notifies,
  })
  return { revision, id }
}

/** Logs that the outcome of an act is unknown, and returns the error that its caller gets. */
function outcomeUnknown(deps: Pick<ActDeps, 'log'>, error: OutcomeUnknownError): ServiceError {
  deps.log.error(
    { err: error },
    'the database did not confirm the commit: the outcome of the change is unknown',
  )
  return new ServiceError(
    'outcome_unknown',
    'The database did not confirm the commit: the change may or may not have been committed. Repeating the request is safe.',
  )
}
