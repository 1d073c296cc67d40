/** People redeem invitations at a sign-in: who may, once, and only while the inviter may invite. */
import t from 'tap'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { type Json, secretOf } from '../helpers/api.ts'
import { callWithCookie, cookieName } from '../helpers/browser.ts'
import { newAccount, newInvitation, newKey, newRole } from '../helpers/fixtures.ts'
import { proveAt, startProvider } from '../helpers/oidc-provider.ts'
import { redeemAs, signInAs } from '../helpers/people.ts'
import { assertProblem } from '../helpers/problems.ts'
import {
  begin,
  comeBack,
  cookiesOf,
  tryBegin,
  writeProviders,
} from '../helpers/provider-sign-in.ts'
import { startTestService } from '../helpers/service.ts'

const provider = await startProvider(t)
const OIDC_FILE = await writeProviders(t, [{ ...provider, roles: [] }])
const service = await startTestService(t, { settings: { OIDC_FILE } })
service.canaries.addSecret(provider.clientSecret)
const { root } = service
const path = '/v1/session'
const signedIn = { status: 303, headers: { location: '/console' } }
const failed = (reason: string) => ({
  status: 303,
  headers: { location: `/console#sign-in-failed=invitation_${reason}` },
})

/** Signs in at the provider, from beginning to end, with the secret of a link. */
async function signIn(subject: string, invitation: string) {
  const { url, cookie } = await begin(service, { provider: 'corp', invitation })
  const back = await proveAt(url, subject)
  const answer = await comeBack(service, back, cookie)
  const session = cookiesOf(answer)[cookieName] ?? ''
  if (session !== '') service.canaries.addSecret(session)
  t.notOk(url.includes(invitation) || back.href.includes(invitation), 'the secret is in no URL')
  return { answer, session }
}

const refused = (reason: string) => ({ kind: 'refused', reason })

async function openSite() {
  const account = await newAccount(root)
  const at = `/v1/accounts/${account}`
  return { account, at, invitations: `${at}/invitations`, users: `${at}/users` }
}

t.test('a person redeems an invitation by its link and the same verified address', async (t) => {
  const { account, invitations, users, at } = await openSite()
  const { id, secret } = await newInvitation(root, account, {
    email: 'Ada@Example.com',
    role: 'developer',
  })
  provider.people.set('ada', { email: 'eve@example.com', email_verified: true, name: 'Ada' })
  t.match((await signIn('ada', secret)).answer, failed('other_address'))
  provider.people.set('ada', { email: 'ada@example.com', name: 'Ada' })
  t.match((await signIn('ada', secret)).answer, failed('unverified'))
  provider.people.set('ada', { email_verified: true, name: 'Ada' })
  t.match((await signIn('ada', secret)).answer, failed('unverified'), 'no address')
  provider.people.set('ada', { email: ' ada@example.com', email_verified: true, name: 'Ada' })
  t.match((await signIn('ada', secret)).answer, failed('unverified'), 'an address with a space')
  t.same((await root.get(users)).body.users, [], 'nobody was added by these')

  provider.people.set('ada', { email: 'ada@EXAMPLE.com', email_verified: true, name: 'Ada' })
  const { answer, session } = await signIn('ada', secret)
  t.match(answer, signedIn)
  const me = await callWithCookie(service, session, 'GET', path)
  t.match(me.body, {
    user: { subject: 'ada', email: 'ada@EXAMPLE.com', role_mapped: false },
    role: { name: 'developer' },
    account: { id: account },
  })
  t.match((await root.get(`${invitations}/${id}`)).body.invitation, { status: 'redeemed' })
  t.same((await root.get(invitations)).body.invitations, [])
  t.match((await signIn('ada', secret)).answer, failed('redeemed'), 'a link works once')
  for (const act of [
    root.post(`${invitations}/${id}/resend`),
    root.delete(`${invitations}/${id}`),
  ]) {
    assertProblem(t, await act, { status: 409, code: 'invitation_ended' }, 'it was redeemed')
  }
  const { id: person } = me.body.user
  const actor = { kind: 'user', id: person, verified: true }
  const { body } = await root.get(`${at}/audit-events?limit=3`)
  // Events of one act may have one time.
  const events = body.audit_events.toSorted((a: Json, b: Json) => b.number - a.number)
  t.match(events, [
    { action: 'session.started', actor },
    { action: 'user.added', actor, after: { role: { name: 'developer' } } },
    { action: 'invitation.redeemed', actor, resource: { id }, after: { redeemed_by: person } },
  ])
  t.match(await verifyAuditLog(service.service.deps, []), { breaks: [] })
})

t.test('a user of the account keeps the role that the user has', async (t) => {
  const { account, users } = await openSite()
  provider.people.set('bob', { email: 'bob@example.com', email_verified: true })
  const body = { issuer: provider.issuer, subject: 'bob', role: 'viewer' }
  t.equal((await root.post(users, body)).status, 201)
  const sent = await newInvitation(root, account, { email: 'bob@example.com', role: 'admin' })
  const { answer, session } = await signIn('bob', sent.secret)
  t.match(answer, { status: 303, headers: { location: '/console#role-kept' } })
  const me = await callWithCookie(service, session, 'GET', path)
  t.match(me.body, { role: { name: 'viewer' }, account: { id: account } })
  t.match((await signIn('bob', sent.secret)).answer, failed('redeemed'), 'it is used up')
})

t.test('a link that this service did not make begins no sign-in', async (t) => {
  const { account } = await openSite()
  const { secret } = await newInvitation(root, account)
  const forged = secret.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
  for (const invitation of ['', 'x', secret.slice(0, -1), forged, `${secret}0`]) {
    const answer = await tryBegin(service, { provider: 'corp', invitation })
    const faults = [['/invitation', 'invitation']] as const
    assertProblem(t, answer, { status: 400, code: 'invalid_request', faults }, invitation)
  }
  const person = { email: 'eve@example.com' }
  t.match(await redeemAs(service, forged, person), refused('unknown'))
})

t.test('a link counts only while its invitation is open', async (t) => {
  const { account, invitations } = await openSite()
  const email = 'eve@example.com'
  const { id, secret } = await newInvitation(root, account, { email })
  const again = secretOf((await root.post(`${invitations}/${id}/resend`)).body.link)
  t.match(await redeemAs(service, secret, { email }), refused('replaced'), 'a link of before')
  service.clock.offsetMs = 24 * 60 * 60 * 1000
  t.match(await redeemAs(service, again, { email }), refused('expired'))
  service.clock.offsetMs = 0
  await root.delete(`${invitations}/${id}`)
  t.match(await redeemAs(service, again, { email }), refused('withdrawn'))
  await service.service.deps.db.deleteFrom('invitation').where('id', '=', id).execute()
  t.match(await redeemAs(service, again, { email }), refused('unknown'), 'one that is gone')
})

t.test('an invitation is void once its inviter may not give the role', async (t) => {
  const email = 'new@example.com'
  const ended: Readonly<Record<string, (site: Inviter) => Promise<unknown>>> = {
    'the key is revoked': ({ at, key }) => root.post(`${at}/api-keys/${key.id}/revoke`),
    'the key is disabled': ({ at, key }) => root.post(`${at}/api-keys/${key.id}/disable`),
    'the token is replaced': ({ at, key }) =>
      root.post(`${at}/api-keys/${key.id}/rotate`, { overlap_seconds: 0 }),
    'the key is restricted': async ({ at, key }) => {
      const list = await root.post(`${at}/allow-lists`, { name: 'l', entries: ['10.0.0.0/8'] })
      const body = { allow_list_ids: [list.body.allow_list.id] }
      const headers = { 'if-match': '*' }
      return root.call('PATCH', `${at}/api-keys/${key.id}`, { body, headers })
    },
    'the role of the inviter loses the right to invite': ({ at, role }) =>
      root.put(`${at}/roles/${role}`, { name: 'inviter', permissions: ['cluster:read'] }),
    'the role of the inviter loses what it gives': ({ at, role }) =>
      root.put(`${at}/roles/${role}`, { name: 'inviter', permissions: ['account_user:invite'] }),
    'the offered role allows more since': ({ at, offered }) =>
      root.put(`${at}/roles/${offered}`, { name: 'offered', permissions: ['backup:delete'] }),
  }
  for (const [label, end] of Object.entries(ended)) {
    const site = await openInviter()
    const { secret } = await newInvitation(service.as(site.key.token), site.account, {
      email,
      role: site.offered,
    })
    await end(site)
    t.match(await redeemAs(service, secret, { email }), refused('void'), label)
    t.same((await root.get(`${site.at}/users`)).body.users, [], label)
  }

  const { account, users, invitations } = await openSite()
  const { issuer } = provider
  await root.post(users, { issuer, subject: 'keeper', role: 'admin' })
  for (const end of ['removed', 'lowered']) {
    await root.post(users, { issuer, subject: end, role: 'admin' })
    const inviter = await signInAs(service, end, [], { issuer, accountId: account })
    const body = { email: `${end}@example.com`, role: 'viewer' }
    const sent = await inviter.call('POST', invitations, { body })
    t.match(sent.body.invitation.invited_by, { kind: 'user', id: inviter.userId, verified: true })
    const user = `${users}/${inviter.userId}`
    if (end === 'removed') await root.post(`${user}/remove`, { keys: 'keep' })
    else await root.patch(user, { role: 'viewer' })
    const secret = secretOf(sent.body.link)
    const person = { email: body.email }
    t.match(await redeemAs(service, secret, person), refused('void'), `a person who was ${end}`)
    const again = await root.post(`${invitations}/${sent.body.invitation.id}/resend`)
    const other = await redeemAs(service, secretOf(again.body.link), person)
    t.match(other, { kind: 'redeemed', isAdded: true }, 'who sends it again is the inviter')
  }
})

type Inviter = Awaited<ReturnType<typeof openInviter>>

/** An account with a key that may invite, and may give a role that allows little. */
async function openInviter() {
  const { account, at } = await openSite()
  const role = await newRole(root, account, 'inviter', ['account_user:invite', 'cluster:read'])
  const offered = await newRole(root, account, 'offered', ['cluster:read'])
  return { account, at, role, offered, key: await newKey(root, account, { role }) }
}

t.test('roles from claims take precedence over an invitation', async (t) => {
  const { account, users } = await openSite()
  const email = 'mapped@example.com'
  const { secret } = await newInvitation(root, account, { email, role: 'admin' })
  const roles = [{ accountId: account, role: 'viewer' }]
  t.match(await redeemAs(service, secret, { email, roles }), { kind: 'redeemed', isAdded: false })
  t.match((await root.get(users)).body.users, [{ role: { name: 'viewer' }, role_mapped: true }])
})
