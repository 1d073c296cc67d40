import type { Actor } from '../key/api-key.ts'
import type { RoleRef } from '../role-ref.ts'
import type { SessionOwner } from '../session/session.ts'

/** 24 hours. */
export const invitationLifetimeMs = 24 * 60 * 60 * 1000

export const invitationStatuses = ['open', 'expired', 'redeemed', 'withdrawn'] as const
export type InvitationStatus = (typeof invitationStatuses)[number]

/** What decides whether the link of an invitation still works. */
export interface InvitationState {
  readonly expiresAt: Date
  /** Null: nobody has redeemed it. */
  readonly redeemedAt: Date | null
  readonly withdrawnAt: Date | null
}

/** A role in an account that waits for the person with an e-mail address. */
export interface Invitation extends InvitationState {
  readonly id: string
  readonly accountId: string
  /** As it was given. */
  readonly email: string
  readonly role: RoleRef
  /** By what the inviter acted: it is judged again when the invitation is redeemed. */
  readonly inviter: SessionOwner
  /** Whom the API names as the inviter. */
  readonly invitedBy: Actor
  readonly createdAt: Date
  /** When its newest link was made. */
  readonly sentAt: Date
}

/** The status at a moment. What was redeemed or withdrawn stays so, whatever the time. */
export function statusOfInvitation(
  { expiresAt, redeemedAt, withdrawnAt }: InvitationState,
  now: Date,
): InvitationStatus {
  if (redeemedAt !== null) return 'redeemed'
  if (withdrawnAt !== null) return 'withdrawn'
  return now >= expiresAt ? 'expired' : 'open'
}
