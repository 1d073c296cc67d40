import { sql } from 'kysely'
import type { User, UserFacts } from '../domain/person/user.ts'
import type { RevisionRef } from '../domain/protocol/revision-ref.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { databaseClock, nextUpdate } from './database-clock.ts'
import { selectUsers, toUser, toUserFacts } from './user-rows.ts'

/** The constraint that refuses to delete a role while a user has the role. */
export const membershipRoleConstraint = 'membership_uses_role'

export interface NewMembership {
  readonly id: string
  readonly accountId: string
  readonly personId: string
  readonly roleId: string
  readonly mappedUntil: Date | null
  /** The invitation that the person redeems; null: there is none. */
  readonly invitationId: string | null
  readonly createdAt: Date
}

/** Inserts the membership. False: the person is a user of the account already. */
export async function insertMembership(
  trx: StoreTransaction,
  membership: NewMembership,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('membership')
    .values({
      id: membership.id,
      account_id: membership.accountId,
      person_id: membership.personId,
      role_id: membership.roleId,
      mapped_until: membership.mappedUntil,
      invitation_id: membership.invitationId,
      created_at: membership.createdAt,
      updated_at: membership.createdAt,
      live: true,
    })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'person_id']).where(sql<boolean>`live`).doNothing(),
    )
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** A user of the account by the id of the person; undefined also when the person was removed. */
export async function findUser(
  db: Executor,
  accountId: string,
  personId: string,
): Promise<User | undefined> {
  const row = await selectUsers(db)
    .where('membership.account_id', '=', accountId)
    .where('membership.person_id', '=', personId)
    .where('membership.live', '=', true)
    .executeTakeFirst()
  return row && toUser(row)
}

/**
 * The present membership of a person in the account, or else the one that was removed last, locked:
 * no other transaction changes it or acts by it until this one ends. No clock decides which one it
 * is: at most one is live, and every removal takes a revision.
 */
export async function lockUser(
  trx: StoreTransaction,
  accountId: string,
  personId: string,
): Promise<User | undefined> {
  const locked = await trx
    .selectFrom('membership')
    .select('id')
    .where('account_id', '=', accountId)
    .where('person_id', '=', personId)
    .orderBy('live', (order) => order.asc().nullsLast())
    .orderBy('changed_revision', (order) => order.desc().nullsLast())
    .orderBy('id', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
  return locked && findLocked(trx, locked.id)
}

/** The user whom the redemption of an invitation made one, locked as by `lockUser`. */
export async function lockInvitedUser(
  trx: StoreTransaction,
  accountId: string,
  invitationId: string,
): Promise<User | undefined> {
  const locked = await trx
    .selectFrom('membership')
    .select('id')
    .where('account_id', '=', accountId)
    .where('invitation_id', '=', invitationId)
    .where('live', '=', true)
    .forUpdate()
    .executeTakeFirst()
  return locked && findLocked(trx, locked.id)
}

/** By a statement after the lock: it sees what was committed before the lock was had. */
async function findLocked(trx: StoreTransaction, membershipId: string): Promise<User | undefined> {
  const row = await selectUsers(trx).where('membership.id', '=', membershipId).executeTakeFirst()
  return row && toUser(row)
}

/** The users of these memberships, which the caller has locked, in order of id. */
export async function findUsersOf(db: Executor, membershipIds: readonly string[]): Promise<User[]> {
  const rows = await selectUsers(db)
    .where(isOneOf(membershipIds))
    .orderBy('membership.id')
    .execute()
  return rows.map(toUser)
}

/** The memberships of a person in all accounts, without those that have ended. */
export async function findMemberships(db: Executor, personId: string): Promise<User[]> {
  const rows = await selectUsers(db)
    .where('membership.person_id', '=', personId)
    .where('membership.live', '=', true)
    .orderBy('membership.created_at')
    .orderBy('membership.id')
    .execute()
  return rows.map(toUser)
}

/** The facts of a membership, a removed one included. */
export async function findUserFacts(
  db: Executor,
  membershipId: string,
): Promise<UserFacts | undefined> {
  const row = await selectUsers(db).where('membership.id', '=', membershipId).executeTakeFirst()
  return row && toUserFacts(row)
}

/**
 * The facts of a user, read again inside the transaction of an act. The membership and its role are
 * locked FOR SHARE: an act that narrows either waits until this transaction has ended, or its
 * result is seen here.
 */
export async function lockUserFacts(
  trx: StoreTransaction,
  membershipId: string,
): Promise<UserFacts | undefined> {
  const share = () =>
    selectUsers(trx)
      .where('membership.id', '=', membershipId)
      .forShare(['membership', 'role'])
      .executeTakeFirst()
  // A statement that waited for a membership whose role changed meanwhile looks for the new role
  // among the rows of before, and finds nothing. A second statement finds both.
  const row = (await share()) ?? (await share())
  return row && toUserFacts(row)
}

/** Gives the membership a role, or a role for another time. */
export async function setRole(
  trx: StoreTransaction,
  membershipId: string,
  { roleId, mappedUntil }: { readonly roleId: string; readonly mappedUntil: Date | null },
  now: Date,
): Promise<void> {
  await trx
    .updateTable('membership')
    .set({ role_id: roleId, mapped_until: mappedUntil, updated_at: nextUpdate(now) })
    .where('id', '=', membershipId)
    .execute()
}

/** Records a sign-in to the account: from then on, it is shown who the person is. */
export async function recordSignIn(
  trx: StoreTransaction,
  { accountId, personId }: { readonly accountId: string; readonly personId: string },
  at: Date,
): Promise<void> {
  await trx
    .updateTable('membership')
    .set({ signed_in_at: at })
    .where('account_id', '=', accountId)
    .where('person_id', '=', personId)
    .where('live', '=', true)
    .execute()
}

/**
 * Removes a person for good, and releases the role. Which JWTs are from before is decided by the
 * clock of the database. The time is never that at which the mapped role ended: a lapse has that.
 */
export async function endMembership(trx: StoreTransaction, id: string, now: Date): Promise<void> {
  const removedAt = sql<Date>`case
    when date_trunc('milliseconds', ${databaseClock}) = date_trunc('milliseconds', mapped_until)
    then ${databaseClock} + interval '1 millisecond' else ${databaseClock} end`
  await trx
    .updateTable('membership')
    .set({ removed_at: removedAt, live: null, updated_at: nextUpdate(now) })
    .where('id', '=', id)
    .execute()
}

/** Ends memberships whose mapped time is over, as of that time, and releases their roles. */
export async function endLapsedMemberships(
  trx: StoreTransaction,
  ids: readonly string[],
  now: Date,
): Promise<void> {
  await trx
    .updateTable('membership')
    .set({ removed_at: sql<Date>`mapped_until`, live: null, updated_at: nextUpdate(now) })
    .where(isOneOf(ids))
    .execute()
}

/** Records the revision of the last change of memberships: it orders their ends. */
export async function setMembershipRevision(
  trx: StoreTransaction,
  ids: readonly string[],
  changed: RevisionRef,
): Promise<void> {
  if (ids.length === 0) return
  await trx
    .updateTable('membership')
    .set({ changed_revision: changed.revision, changed_revision_id: changed.id })
    .where(isOneOf(ids))
    .execute()
}

/** There may be more than a statement has parameters. */
function isOneOf(ids: readonly string[]) {
  return sql<boolean>`membership.id = any(${ids}::uuid[])`
}
