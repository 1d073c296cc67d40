import { sql } from 'kysely'
import type { PersonName } from '../domain/person/person.ts'
import type { UserFacts } from '../domain/person/user.ts'
import type { Executor } from './database.ts'
import { StandbyError } from './faults.ts'
import { selectUsers, toUserFacts } from './user-rows.ts'

/** A person as a user of an account, and what became of the person there before. */
export interface UserOfPerson {
  readonly facts: UserFacts
  /** When the person was last removed from the account; null: never. */
  readonly lastRemovedAt: Date | null
}

/** More accounts than any person works in. */
const maxAccounts = 1_000

/**
 * The person as a user of each account, in the order in which the person joined them; without the
 * accounts from which the person was removed. Throws when a standby answers, which may lag behind.
 */
export async function findUsersOfPerson(
  db: Executor,
  { issuer, subject }: PersonName,
): Promise<readonly UserOfPerson[]> {
  const rows = await selectUsers(db)
    .select([
      sql<boolean>`pg_is_in_recovery()`.as('in_recovery'),
      sql<Date | null>`(
        select max(former.removed_at) from membership as former
        where former.person_id = membership.person_id
          and former.account_id = membership.account_id
      )`.as('last_removed_at'),
    ])
    .where('person.issuer', '=', issuer)
    .where('person.subject', '=', subject)
    .where('membership.live', '=', true)
    .orderBy('membership.created_at')
    .orderBy('membership.id')
    .limit(maxAccounts)
    .execute()
  if (rows.some((row) => row.in_recovery)) throw new StandbyError()
  return rows.map((row) => ({ facts: toUserFacts(row), lastRemovedAt: row.last_removed_at }))
}
