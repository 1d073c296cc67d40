import type { Invitation } from '../domain/invitation/invitation.ts'
import type { SessionOwner } from '../domain/session/session.ts'
import { toActor } from './api-key-rows.ts'
import type { Executor } from './database.ts'

/** Invitations with their role; the caller adds the conditions. */
export function selectInvitations(db: Executor) {
  return db
    .selectFrom('invitation')
    .innerJoin('role', 'role.id', 'invitation.role_id')
    .select([
      'invitation.id',
      'invitation.account_id',
      'invitation.email',
      'invitation.role_id',
      'role.name as role_name',
      'invitation.inviter_key_id',
      'invitation.inviter_generation',
      'invitation.inviter_membership_id',
      'invitation.invited_by_kind',
      'invitation.invited_by_id',
      'invitation.invited_by_name',
      'invitation.invited_by_verified',
      'invitation.created_at',
      'invitation.sent_at',
      'invitation.expires_at',
      'invitation.redeemed_at',
      'invitation.withdrawn_at',
    ])
}

/** The columns of `selectInvitations`. */
export type InvitationResult = Awaited<
  ReturnType<ReturnType<typeof selectInvitations>['executeTakeFirstOrThrow']>
>

/** The invitation of a row, in whatever state. */
export function toInvitation(row: InvitationResult): Invitation {
  return {
    id: row.id,
    accountId: row.account_id,
    email: row.email,
    role: { id: row.role_id, name: row.role_name },
    inviter: inviterOf(row),
    invitedBy: toActor(
      row.invited_by_kind,
      row.invited_by_id,
      row.invited_by_name,
      row.invited_by_verified,
    ),
    createdAt: row.created_at,
    sentAt: row.sent_at,
    expiresAt: row.expires_at,
    redeemedAt: row.redeemed_at,
    withdrawnAt: row.withdrawn_at,
  }
}

function inviterOf({
  inviter_key_id: apiKeyId,
  inviter_generation: generation,
  inviter_membership_id: membershipId,
}: InvitationResult): SessionOwner {
  if (membershipId !== null) return { kind: 'user', membershipId }
  if (apiKeyId === null || generation === null) throw new Error('An invitation has no inviter.')
  return { kind: 'key', apiKeyId, generation }
}
