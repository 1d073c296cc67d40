import type { AuditAction, AuditDraft } from '../../domain/audit/audit-event.ts'
import type { Invitation } from '../../domain/invitation/invitation.ts'

type RecordedInvitation = Pick<Invitation, 'id' | 'accountId' | 'email' | 'role' | 'expiresAt'>

/** The event of a new invitation; its link is in no event. */
export function invitationSent(invitation: RecordedInvitation): AuditDraft {
  return draftOf('invitation.sent', invitation, null, snapshotOf(invitation))
}

/** The link of before is dead from then on. */
export function invitationResent(before: RecordedInvitation, after: RecordedInvitation) {
  return draftOf('invitation.resent', after, timesOf(before), timesOf(after))
}

/** Also of an expired invitation that a new one for the same address replaces. */
export function invitationWithdrawn(invitation: RecordedInvitation, at: Date): AuditDraft {
  const ended = { withdrawn_at: at.toISOString() }
  return draftOf('invitation.withdrawn', invitation, { withdrawn_at: null }, ended)
}

/** Names the person who redeemed. `userAdded` records apart that the person became a user. */
export function invitationRedeemed(
  invitation: RecordedInvitation,
  personId: string,
  at: Date,
): AuditDraft {
  const ended = { redeemed_at: at.toISOString(), redeemed_by: personId }
  const before = { redeemed_at: null, redeemed_by: null }
  return draftOf('invitation.redeemed', invitation, before, ended)
}

function draftOf(
  action: AuditAction,
  { accountId, id, email }: RecordedInvitation,
  before: AuditDraft['before'],
  after: AuditDraft['after'],
): AuditDraft {
  return { accountId, action, resource: { type: 'invitation', id, name: email }, before, after }
}

function snapshotOf({ email, role, expiresAt }: RecordedInvitation) {
  return { email, role: { id: role.id, name: role.name }, expires_at: expiresAt.toISOString() }
}

function timesOf({ expiresAt }: RecordedInvitation) {
  return { expires_at: expiresAt.toISOString() }
}
