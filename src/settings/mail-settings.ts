import { Type } from 'typebox'

/** By which server the links of invitations are mailed. */
export const mailSettings = {
  SMTP_URL: Type.Optional(
    Type.String({
      format: 'smtp-url',
      description:
        'Mail server that sends the links of invitations, such as smtps://user:password@mail.example.com. smtp:// requires STARTTLS, except at a loopback address. Unset: links are shown only.',
    }),
  ),
  SMTP_FROM: Type.Optional(
    Type.String({
      format: 'email-address',
      description: 'Address from which mails are sent. Required with SMTP_URL.',
    }),
  ),
}

/** The faults of settings of mail that make no sense without each other. */
export function mailFaults(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const [url = '', from = ''] = [env.SMTP_URL, env.SMTP_FROM]
  if (url !== '' && from === '') return ['SMTP_FROM must be set with SMTP_URL']
  return url === '' && from !== '' ? ['SMTP_FROM must be unset without SMTP_URL'] : []
}

/** Whether a text is the URL of a mail server, with a user and a password or without. */
export function isSmtpUrl(text: string): boolean {
  if (!/^smtps?:\/\/[^\s/?#\\]+\/?$/i.test(text)) return false
  const url = URL.parse(text)
  if (url === null || url.hostname === '' || url.port === '0') return false
  // A percent sign must begin an escape.
  return !/%(?![0-9a-f]{2})/i.test(url.username + url.password)
}
