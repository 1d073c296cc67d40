import { ServiceError } from '../../errors.ts'
import type { SentInvitation } from '../../management/invitations/invite.ts'
import type { ConsoleSettings } from '../api-settings.ts'
import type { ControlPlaneDeps } from '../deps.ts'
import { type MailOutcome, mailLink } from './mail-link.ts'

/** The link of an invitation, and what became of its mail. */
export interface SentLink {
  /** Null: it was shown before. */
  readonly link: string | null
  readonly mail: MailOutcome
}

/** Makes the link of an invitation, and mails it if the deployment mails. */
export async function sendLink(
  deps: Pick<ControlPlaneDeps, 'log' | 'mailer'>,
  { origin }: ConsoleSettings,
  { invitation, secret }: SentInvitation,
): Promise<SentLink> {
  if (secret === undefined) return { link: null, mail: 'none' }
  const link = linkOf(origin, secret)
  return { link, mail: await mailLink(deps, invitation, link) }
}

/** The fragment stays in the browser: no server and no log of a proxy has it. */
function linkOf(origin: string, secret: string): string {
  return `${origin}/console#invitation=${secret}`
}

/** The console to which links lead. Throws `no_provider` if nobody could redeem one there. */
export function requireRedeemable(
  { providers }: Pick<ControlPlaneDeps, 'providers'>,
  console: ConsoleSettings | undefined,
): ConsoleSettings {
  if (providers.size > 0 && console !== undefined) return console
  throw new ServiceError(
    'no_provider',
    'Nobody could redeem the invitation: people sign in to the console by a provider. Set OIDC_FILE, and CONSOLE to on.',
  )
}
