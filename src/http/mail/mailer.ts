import { isLoopback } from '../../oidc/parse-oidc-file.ts'
import type { Config } from '../../settings/settings-schema.ts'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

export interface Mailer {
  /** Resolves once the mail server has accepted the mail; whether it arrives is unknown. */
  send(mail: Mail): Promise<void>
}

/** For each step of the protocol: a server that says nothing holds nothing longer. */
const mailStepMs = 10_000

/**
 * Sends mails by the server of SMTP_URL; undefined if that is not set. Over TLS, except to a server
 * on this machine. The library is loaded at the first mail.
 */
export function createMailer(
  config: Pick<Config, 'SMTP_URL' | 'SMTP_FROM'>,
  stepMs = mailStepMs,
): Mailer | undefined {
  const { SMTP_URL: url, SMTP_FROM: from } = config
  if (url === undefined || url === '' || from === undefined) return undefined
  const { protocol, hostname, port, username, password } = new URL(url)
  const isSecure = protocol.toLowerCase() === 'smtps:'
  const options = {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (isSecure ? 465 : 587) : Number(port),
    secure: isSecure,
    requireTLS: !isSecure && !isLoopback(hostname),
    ...(username !== '' && {
      auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    }),
    dnsTimeout: stepMs,
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
    // A mail is what is passed: no file or URL that its text may name.
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  return {
    async send(mail) {
      const { createTransport } = await import('nodemailer')
      await createTransport(options).sendMail({
        from,
        to: { name: '', address: mail.to },
        subject: mail.subject,
        text: mail.text,
        textEncoding: 'quoted-printable',
      })
    },
  }
}
