import type { IdDeps } from '../../acts/deps.ts'
import { newId } from '../../acts/ids.ts'
import type { User } from '../../domain/person/user.ts'
import type { StoreTransaction } from '../../store/database.ts'
import { findUser, insertMembership, recordSignIn } from '../../store/memberships.ts'

export interface EnteredUser {
  readonly user: User
  /** False: the person was a user of the account before, whose role stays. */
  readonly isAdded: boolean
}

export interface UserEntry {
  readonly accountId: string
  readonly personId: string
  readonly roleId: string
  /** The invitation that the person redeems at a sign-in; absent: there is none. */
  readonly invitationId?: string
}

/** The person as a user of the account: the present one, or a new one with the role. */
export async function enterUser(
  deps: IdDeps,
  trx: StoreTransaction,
  entry: UserEntry,
): Promise<EnteredUser> {
  const isAdded = await insertMembership(trx, {
    invitationId: null,
    ...entry,
    id: newId(deps),
    mappedUntil: null,
    createdAt: deps.now(),
  })
  if (entry.invitationId !== undefined) await recordSignIn(trx, entry, deps.now())
  const user = await findUser(trx, entry.accountId, entry.personId)
  if (user === undefined) throw new Error('A user who was entered was not found.')
  return { user, isAdded }
}
