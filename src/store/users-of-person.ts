import { sql } from 'kysely'
import type { PersonName } from '../domain/person/person.ts'
import type { UserFacts } from '../domain/person/user.ts'
import type { Executor } from './database.ts'
import { StandbyError } from './faults.ts'
import { selectUsers, toUserFacts } from './user-rows.ts'

/** More accounts than any person works in. */
const maxUsers = 1_000

/**
 * The person as a user of each account, in the order in which the person joined them, and also as
 * each user that was removed since a moment. Throws when a standby answers, which may lag behind.
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
    .where((row) =>
      row.or([row('membership.live', '=', true), row('membership.removed_at', '>=', since)]),
    )
    .orderBy('membership.created_at')
    .orderBy('membership.id')
    .limit(maxUsers)
    .execute()
  if (rows.some((row) => row.in_recovery)) throw new StandbyError()
  return rows.map(toUserFacts)
}
