import { type Static, Type } from 'typebox'
import { formatTime } from '../../../domain/format-time.ts'
import {
  type Invitation,
  invitationStatuses,
  statusOfInvitation,
} from '../../../domain/invitation/invitation.ts'
import { actorSeenBy, type CallerPrincipal, rightsOf } from '../../../domain/principal.ts'
import { mailOutcomes } from '../../mail/mail-link.ts'
import { nullableString, openEnum, ref } from '../../schema-tools.ts'
import { accountParameter } from './account.ts'
import { ActorBody, toActorBody } from './actor.ts'
import { id, nullableTime, pathId, time } from './fields.ts'
import { RoleRefBody } from './role.ts'

export const InvitationBody = Type.Object(
  {
    id: id('Id of the invitation.'),
    account_id: id('Id of the account to which the invitation leads.'),
    email: Type.String({
      description: 'Address that a provider must have verified of the person who redeems.',
      examples: ['ada@example.com'],
    }),
    role: ref(RoleRefBody),
    status: openEnum(
      invitationStatuses,
      'Whether the link works. An expired invitation can be sent again.',
    ),
    invited_by: ref(ActorBody),
    created_at: time('Time at which the invitation was made.'),
    sent_at: time('Time at which its newest link was made.'),
    expires_at: time('Time from which its newest link does not work.'),
    redeemed_at: nullableTime('Time at which a person redeemed it. Null: nobody has.'),
    withdrawn_at: nullableTime('Time at which it was withdrawn. Null: it was not.'),
  },
  { $id: 'Invitation', description: 'A role in an account that waits for an e-mail address.' },
)

export const InvitationAnswer = Type.Object(
  { invitation: ref(InvitationBody) },
  { $id: 'InvitationAnswer', description: 'The invitation, without its link.' },
)

export const SentInvitationAnswer = Type.Object(
  {
    invitation: ref(InvitationBody),
    link: nullableString({
      format: 'uri',
      description:
        'The link that redeems the invitation once: it is shown here and never again. Null: it was shown to the first of equal requests.',
    }),
    mail: openEnum(
      mailOutcomes,
      'What became of the mail with the link: there is none, or the mail server accepted it, did not, or has not answered yet.',
    ),
  },
  { $id: 'SentInvitation', description: 'The invitation, its link, and what became of its mail.' },
)

export const invitationParams = Type.Object({
  account_id: accountParameter,
  id: pathId('Id of the invitation.'),
})

export function toInvitationBody(
  { now }: { readonly now: () => Date },
  invitation: Invitation,
  reader: CallerPrincipal,
): Static<typeof InvitationBody> {
  const { redeemedAt, withdrawnAt } = invitation
  return {
    id: invitation.id,
    account_id: invitation.accountId,
    email: invitation.email,
    role: invitation.role,
    status: statusOfInvitation(invitation, now()),
    invited_by: toActorBody(actorSeenBy(invitation.invitedBy, rightsOf(reader).platform)),
    created_at: invitation.createdAt.toISOString(),
    sent_at: invitation.sentAt.toISOString(),
    expires_at: invitation.expiresAt.toISOString(),
    redeemed_at: formatTime(redeemedAt),
    withdrawn_at: formatTime(withdrawnAt),
  }
}
