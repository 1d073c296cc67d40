/** The links of invitations by mail, by a real SMTP client and a server of the test. */
import t from 'tap'
import { mailLink } from '../../src/http/mail/mail-link.ts'
import { createMailer } from '../../src/http/mail/mailer.ts'
import { newAccount } from '../helpers/fixtures.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { testProvider } from '../helpers/people.ts'
import { startTestService } from '../helpers/service.ts'
import { startSmtpServer } from '../helpers/smtp-server.ts'
import { until } from '../helpers/until.ts'

const smtp = await startSmtpServer(t)
const service = await startTestService(t, {
  settings: {
    OIDC_FILE: await writeOidcFile(t, [testProvider]),
    SMTP_URL: smtp.url,
    SMTP_FROM: 'keys@example.com',
  },
})
const { root, logLines } = service
const account = await newAccount(root, 'Win a prize at evil.example')
const path = `/v1/accounts/${account}/invitations`
const invite = (email: string) => root.post(path, { email, role: 'viewer' })

t.test('the link of an invitation is mailed to its address, and to nobody else', async (t) => {
  smtp.behaviour = 'accept'
  const sent = await invite('Ada@example.com')
  t.match(sent, { status: 201, body: { mail: 'accepted' } })
  const [mail] = smtp.mails
  t.match(mail, { from: 'MAIL FROM:<keys@example.com>', to: 'RCPT TO:<Ada@example.com>' })
  t.ok(mail?.text.includes(`\n${sent.body.link}\n`), 'the whole link')
  t.notOk(mail?.text.includes('evil.example'), 'no words of a tenant')
  t.same(smtp.logins, ['\u0000user\u0000pass/word'])
  const again = await root.post(`${path}/${sent.body.invitation.id}/resend`)
  t.match(again.body, { mail: 'accepted' })
  t.ok(smtp.mails[1]?.text.includes(again.body.link), 'the new link')
  const headers = { 'idempotency-key': 'one' }
  const body = { email: 'eve@example.com', role: 'viewer' }
  t.match((await root.call('POST', path, { body, headers })).body, { mail: 'accepted' })
  const repeat = await root.call('POST', path, { body, headers })
  t.match(repeat.body, { link: null, mail: 'none' }, 'a repeat mails nothing')
  t.equal(smtp.mails.length, 3)
})

t.test('a mail server that fails fails no invitation, and no log has the link', async (t) => {
  smtp.behaviour = 'refuse'
  const refused = await invite('refused@example.com')
  t.match(refused, { status: 201, body: { mail: 'failed', link: String } })
  const logged = () => logLines.filter((line) => line.includes('the mail server did not accept'))
  const [line = ''] = logged()
  const { id } = refused.body.invitation
  t.match(JSON.parse(line), { invitation_id: id, code: 'EMESSAGE', response_code: 554 })
})

t.test('an answer does not wait for a mail server that says nothing', async (t) => {
  smtp.behaviour = 'silent'
  const logged: object[] = []
  const log = { error: (facts: object) => void logged.push(facts) }
  const mailer = createMailer({ SMTP_URL: smtp.url, SMTP_FROM: 'keys@example.com' }, 500)
  const invitation = { id: 'i', email: 'silent@example.com', expiresAt: new Date() }
  const link = 'http://127.0.0.1/console#invitation=secret'
  t.equal(await mailLink({ mailer, log }, invitation, link, 10), 'pending')
  await until(() => logged.length > 0)
  t.match(logged, [{ invitation_id: 'i', code: 'ETIMEDOUT' }], 'nor does it wait for ever itself')
})
