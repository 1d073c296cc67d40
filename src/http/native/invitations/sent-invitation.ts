import type { Static } from 'typebox'
import type { CallerPrincipal } from '../../../domain/principal.ts'
import { ServiceError } from '../../../errors.ts'
import type { SentInvitation } from '../../../management/invitations/invite.ts'
import type { ConsoleSettings } from '../../api-settings.ts'
import type { Deps } from '../../deps.ts'
import { mailLink } from '../../mail/mail-link.ts'
import { type SentInvitationAnswer, toInvitationBody } from '../shapes/invitation.ts'

/** The answer of an operation that makes a link, which is mailed if the deployment mails. */
export async function toSentInvitation(
  deps: Pick<Deps, 'log' | 'mailer' | 'now'>,
  { origin }: ConsoleSettings,
  { invitation, secret }: SentInvitation,
  reader: CallerPrincipal,
): Promise<Static<typeof SentInvitationAnswer>> {
  const body = toInvitationBody(deps, invitation, reader)
  if (secret === undefined) return { invitation: body, link: null, mail: 'none' }
  const link = linkOf(origin, secret)
  return { invitation: body, link, mail: await mailLink(deps, invitation, link) }
}

/** The fragment stays in the browser: no server and no log of a proxy has it. */
function linkOf(origin: string, secret: string): string {
  return `${origin}/console#invitation=${secret}`
}

/** The console to which links lead. Throws `no_provider` if nobody could redeem one there. */
export function requireRedeemable(
  { providers }: Pick<Deps, 'providers'>,
  console: ConsoleSettings | undefined,
): ConsoleSettings {
  if (providers.size > 0 && console !== undefined) return console
  throw new ServiceError(
    'no_provider',
    'Nobody could redeem the invitation: people sign in to the console by a provider. Set OIDC_FILE, and CONSOLE to on.',
  )
}
