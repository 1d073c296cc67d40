import type { RevisionRef } from '../protocol/revision-ref.ts'
import type { Rights } from '../rights.ts'
import type { RoleRef } from '../role-ref.ts'
import type { Person } from './person.ts'

/** What decides whether a person still is a user of an account, and until when. */
export interface MembershipState {
  /**
   * Until when a role holds that the deployment's file mapped from claims: as long as the session
   * whose sign-in mapped it. Null: the role was given in the account, and holds until it is taken.
   */
  readonly mappedUntil: Date | null
  /** A state, whatever the time: the person was removed, and this membership never returns. */
  readonly removedAt: Date | null
}

/**
 * Whether the membership ended with its mapped role, which was then deleted: it ended when the role
 * did. Nobody removed the person, so that no JWT is meant.
 */
export function endedByLapse({ removedAt, mappedUntil }: MembershipState): boolean {
  return removedAt !== null && removedAt.getTime() === mappedUntil?.getTime()
}

/** A person as a user of one account. */
export interface User extends MembershipState {
  readonly membershipId: string
  readonly accountId: string
  readonly person: Person
  readonly role: RoleRef
  /** The invitation by whose redemption the person became a user; null: by another way. */
  readonly invitationId: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  /** The last change of the membership; null: it is unchanged since it began. */
  readonly lastChange: RevisionRef | null
}

/** The facts that a request of a person is judged by, at one moment. `id` is the person's. */
export interface UserFacts extends Rights, MembershipState {
  readonly membershipId: string
  /** A person is not restricted by address. */
  readonly reach: 'anywhere'
}

/** Why a person is no user of the account any more. */
export type MembershipEnd = 'removed' | 'role_ended'

/** Why a membership has ended; undefined: it goes on. `now` is the wall clock of the instance. */
export function endOfMembership(
  { removedAt, mappedUntil }: MembershipState,
  now: Date,
): MembershipEnd | undefined {
  if (removedAt !== null) return 'removed'
  if (mappedUntil !== null && now.getTime() >= mappedUntil.getTime()) return 'role_ended'
  return undefined
}
