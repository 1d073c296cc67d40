import { sql } from 'kysely'
import type { Executor, StoreTransaction } from './database.ts'
import { databaseClock } from './database-clock.ts'

/** A session that goes on, of a person who signed in at a provider. */
export interface ProviderSession {
  readonly id: string
  readonly membershipId: string
  readonly accountId: string
  readonly personId: string
}

/** The sessions that one logout concerns. */
export interface ProviderSessionFilter {
  readonly issuer: string
  readonly subject: string | undefined
  readonly providerSession: string | undefined
}

/**
 * The sessions that have neither been ended nor expired by the clock of this instance and that of
 * the database, in order of id: others may accept what is over for an instance whose clock is fast.
 */
export async function findProviderSessions(
  db: Executor,
  { issuer, subject, providerSession }: ProviderSessionFilter,
  now: Date,
): Promise<readonly ProviderSession[]> {
  let query = goingOn(db, now).where('person.issuer', '=', issuer)
  if (subject !== undefined) query = query.where('person.subject', '=', subject)
  if (providerSession !== undefined) {
    query = query.where('user_session.provider_session', '=', providerSession)
  }
  return (await query.execute()).map(toProviderSession)
}

/**
 * Those of the sessions that still go on, locked to be changed: their memberships are shared first,
 * and each kind is locked in order of id, as every act does.
 */
export async function lockProviderSessions(
  trx: StoreTransaction,
  found: readonly ProviderSession[],
  now: Date,
): Promise<readonly ProviderSession[]> {
  if (found.length === 0) return []
  const membershipIds = [...new Set(found.map(({ membershipId }) => membershipId))]
  await trx
    .selectFrom('membership')
    .select('id')
    .where('id', 'in', membershipIds)
    .orderBy('id')
    .forShare()
    .execute()
  const ids = found.map(({ id }) => id)
  const rows = await goingOn(trx, now)
    .where('user_session.id', 'in', ids)
    .forUpdate('user_session')
    .execute()
  return rows.map(toProviderSession)
}

function goingOn(db: Executor, now: Date) {
  return db
    .selectFrom('user_session')
    .innerJoin('membership', 'membership.id', 'user_session.membership_id')
    .innerJoin('person', 'person.id', 'membership.person_id')
    .select([
      'user_session.id',
      'user_session.membership_id',
      'membership.account_id',
      'membership.person_id',
    ])
    .where('user_session.ended_at', 'is', null)
    .where('user_session.expires_at', '>', sql<Date>`least(${now}, ${databaseClock})`)
    .orderBy('user_session.id')
}

interface Row {
  readonly id: string
  readonly membership_id: string
  readonly account_id: string
  readonly person_id: string
}

function toProviderSession(row: Row): ProviderSession {
  const { id, membership_id: membershipId, account_id: accountId, person_id: personId } = row
  return { id, membershipId, accountId, personId }
}
