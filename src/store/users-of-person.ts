import { sql } from 'kysely'
import type { PersonName } from '../domain/person/person.ts'
import type { UserFacts } from '../domain/person/user.ts'
import type { Executor, StoreTransaction } from './database.ts'
import { StandbyError } from './faults.ts'
import { selectUsers, toUserFacts } from './user-rows.ts'

/** More accounts than any person works in. */
const maxUsers = 1_000

/**
 * The person as a user of each account, in the order in which the person joined them, and also as
 * each user that was removed since a moment, and not by a lapse. Throws when a standby answers,
 * which may lag behind.
 */
export async function findUsersOfPerson(
  db: Executor,
  { issuer, subject }: PersonName,
  since: Date,
): Promise<readonly UserFacts[]> {
  const rows = await selectUsers(db)
    .select(sql<boolean>`pg_is_in_recovery()`.as('in_recovery'))
    .where('person.issuer', '=', issuer)
    .where('person.subject', '=', subject)
    .where((row) => row.or([row('membership.live', '=', true), wasRemovedSince(since)]))
    .orderBy('membership.created_at')
    .orderBy('membership.id')
    .limit(maxUsers)
    .execute()
  if (rows.some((row) => row.in_recovery)) throw new StandbyError()
  return rows.map(toUserFacts)
}

/**
 * Whether the person was removed from the account since a moment: a token from before is refused.
 */
export async function wasUserRemovedSince(
  trx: StoreTransaction,
  { accountId, personId }: { readonly accountId: string; readonly personId: string },
  since: Date,
): Promise<boolean> {
  const row = await trx
    .selectFrom('membership')
    .select('id')
    .where('account_id', '=', accountId)
    .where('person_id', '=', personId)
    .where(wasRemovedSince(since))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** As `endedByLapse`: a membership that ended with its mapped role was not removed. */
function wasRemovedSince(since: Date) {
  return sql<boolean>`(membership.removed_at >= ${since}
    and membership.removed_at is distinct from membership.mapped_until)`
}
