import type { Static } from 'typebox'
import type { CallerPrincipal } from '../../../domain/principal.ts'
import type { SentInvitation } from '../../../management/invitations/invite.ts'
import type { ConsoleSettings } from '../../api-settings.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { sendLink } from '../../mail/invitation-link.ts'
import { type SentInvitationAnswer, toInvitationBody } from '../shapes/invitation.ts'

/** The answer of an operation that makes a link, which is mailed if the deployment mails. */
export async function toSentInvitation(
  deps: Pick<ControlPlaneDeps, 'log' | 'mailer' | 'now'>,
  console: ConsoleSettings,
  sent: SentInvitation,
  reader: CallerPrincipal,
): Promise<Static<typeof SentInvitationAnswer>> {
  const invitation = toInvitationBody(deps, sent.invitation, reader)
  return { invitation, ...(await sendLink(deps, console, sent)) }
}
