import type { Person } from './person.ts'
import type { MembershipState } from './user.ts'

/**
 * What a user of an account is at a moment. `awaited`: the person was added, and has never signed
 * in to the account. `lapsed`: a mapped role has ended, and returns with the next sign-in or JWT.
 */
export type UserState = 'active' | 'awaited' | 'lapsed'

/** What the state of a user follows from. A user who was removed has none. */
export interface StateFacts extends Pick<MembershipState, 'mappedUntil'> {
  readonly person: Pick<Person, 'signedInAt'>
}

/** The state of a user. `now` is the wall clock of the instance. */
export function userStateOf({ mappedUntil, person }: StateFacts, now: Date): UserState {
  if (mappedUntil === null) return person.signedInAt === null ? 'awaited' : 'active'
  return now.getTime() < mappedUntil.getTime() ? 'active' : 'lapsed'
}
