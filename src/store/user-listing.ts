import { type RawBuilder, sql } from 'kysely'
import { foldEmail } from '../domain/invitation/email-address.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { User } from '../domain/person/user.ts'
import type { StateFacts, UserState } from '../domain/person/user-state.ts'
import type { Executor } from './database.ts'
import { takePage } from './paging.ts'
import { shownProfile } from './shown-profiles.ts'
import { selectUsers, toUser, type UserResult } from './user-rows.ts'

/** Which users are listed; absent members leave none out. */
export interface UserFilter {
  /** The e-mail address in any case, of those whose provider has verified it. */
  readonly verifiedEmail?: string
  /** The name that the provider states, or the subject of a person without one. */
  readonly name?: string
  readonly state?: UserState
}

export interface UsersRequest {
  readonly accountId: string
  /** The moment as of which the states are judged. */
  readonly now: Date
  readonly filter: UserFilter
}

/** The users of an account, without those who were removed. */
export async function listUsers(
  db: Executor,
  { accountId, now, filter }: UsersRequest,
  page: PageRequest,
): Promise<Page<User>> {
  const { verifiedEmail, name, state } = filter
  let query = selectUsers(db)
    .where('membership.account_id', '=', accountId)
    .where('membership.live', '=', true)
  if (verifiedEmail !== undefined) {
    query = query
      .where(shownProfile.emailVerified)
      // In the collation C, only the letters A to Z have another case: as foldEmail folds.
      .where(sql<boolean>`lower(${shownProfile.email} collate "C") = ${foldEmail(verifiedEmail)}`)
  }
  if (name !== undefined) {
    query = query.where(sql<boolean>`coalesce(${shownProfile.name}, person.subject) = ${name}`)
  }
  if (state !== undefined) query = query.where(isIn(state, now))
  const { items, next } = await takePage(query, 'membership', page, (row, field) =>
    field === 'email' ? orderedEmail(row) : row.created_at.toISOString(),
  )
  return { items: items.map(toUser), next }
}

/** As the order by `email` of paging.ts has it. */
function orderedEmail({ email, email_verified: isVerified }: UserResult): string {
  return isVerified ? foldEmail(email ?? '') : ''
}

/** As userStateOf judges. */
function isIn(state: UserState, now: Date): RawBuilder<boolean> {
  switch (state) {
    case 'awaited':
      return sql`mapped_until is null and membership.signed_in_at is null`
    case 'active':
      return sql`(mapped_until > ${now} or (mapped_until is null and membership.signed_in_at is not null))`
    case 'lapsed':
      return sql`mapped_until <= ${now}`
  }
}

/** A user with a role, as a list of the users of roles shows them. */
export interface RoleUser extends StateFacts {
  readonly roleId: string
  readonly person: Pick<
    User['person'],
    'email' | 'emailVerified' | 'name' | 'signedInAt' | 'subject'
  >
}

/** The users of each of some roles of the account, the newest first: at most so many. */
export async function findUsersOfRoles(
  db: Executor,
  accountId: string,
  roleIds: readonly string[],
  limit: number,
): Promise<RoleUser[]> {
  if (roleIds.length === 0) return []
  const rows = await db
    .selectFrom('membership')
    .innerJoin('person', 'person.id', 'membership.person_id')
    .select([
      'role_id',
      'mapped_until',
      'subject',
      shownProfile.email.as('email'),
      shownProfile.emailVerified.as('email_verified'),
      shownProfile.name.as('name'),
      shownProfile.signedInAt.as('signed_in_at'),
    ])
    .where('account_id', '=', accountId)
    .where('role_id', 'in', roleIds)
    .where('live', '=', true)
    .orderBy('membership.created_at', 'desc')
    .orderBy('membership.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    roleId: row.role_id,
    mappedUntil: row.mapped_until,
    person: {
      subject: row.subject,
      email: row.email,
      emailVerified: row.email_verified,
      name: row.name,
      signedInAt: row.signed_in_at,
    },
  }))
}
