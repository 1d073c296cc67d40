import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Invitation } from '../../domain/invitation/invitation.ts'
import type { Mail, Mailer } from './mailer.ts'

/**
 * What became of the mail of a link: there is none, or the mail server accepted it, did not, or has
 * not answered yet.
 */
export const mailOutcomes = ['none', 'accepted', 'failed', 'pending'] as const
export type MailOutcome = (typeof mailOutcomes)[number]

/** How long an answer waits for the mail server. The mail goes on without it. */
const answerWithinMs = 5_000

/**
 * Mails the link of an invitation to its address. A failure is logged without the link, and without
 * the words of the mail server, which has read it.
 */
export async function mailLink(
  { mailer, log }: { readonly mailer: Mailer | undefined; readonly log: Pick<Logger, 'error'> },
  invitation: Pick<Invitation, 'id' | 'email' | 'expiresAt'>,
  link: string,
  withinMs = answerWithinMs,
): Promise<MailOutcome> {
  if (mailer === undefined) return 'none'
  const sending = mailer.send(mailOf(invitation, link)).then(
    (): MailOutcome => 'accepted',
    (error: unknown): MailOutcome => {
      log.error(
        { invitation_id: invitation.id, ...causeOf(error) },
        'the mail server did not accept an invitation',
      )
      return 'failed'
    },
  )
  return Promise.race([sending, sleep<MailOutcome>(withinMs, 'pending', { ref: false })])
}

/** It has no text that a tenant chose: mails of the deployment spread no words of others. */
function mailOf({ email, expiresAt }: Pick<Invitation, 'email' | 'expiresAt'>, link: string): Mail {
  const until = expiresAt.toISOString().slice(0, 16).replace('T', ' ')
  return {
    to: email,
    subject: 'Your invitation to aeon-keys',
    text: [
      `You are invited to aeon-keys at ${new URL(link).origin}.`,
      `Open this link, and sign in with the e-mail address ${email}:`,
      link,
      `The link works once, until ${until} UTC.`,
      'If you did not expect it, do nothing.',
    ].join('\n\n'),
  }
}

/** The codes of the library and of the protocol (RFC 5321, section 4.2). */
function causeOf(error: unknown): { readonly code?: string; readonly response_code?: number } {
  if (!(error instanceof Error)) return {}
  const code = 'code' in error ? String(error.code) : ''
  const response = 'responseCode' in error ? error.responseCode : undefined
  return {
    ...(/^E[A-Z_]{1,30}$/.test(code) && { code }),
    ...(typeof response === 'number' && { response_code: response }),
  }
}
