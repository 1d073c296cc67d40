/** Invitations of an account: who sends, resends and withdraws them. */
import t, { type Test } from 'tap'
import { foldEmail } from '../../src/domain/invitation/email-address.ts'
import { maxOpenInvitations } from '../../src/domain/limits.ts'
import { pruneInvitations } from '../../src/store/invitations.ts'
import { secretOf } from '../helpers/api.ts'
import { newAccount, newInvitation, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { testProvider } from '../helpers/people.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'

const dayMs = 24 * 60 * 60 * 1000
const settings = { OIDC_FILE: await writeOidcFile(t, [testProvider]) }
const service = await startTestService(t, { settings })
const { root } = service

async function openSite() {
  const account = await newAccount(root)
  return { account, at: `/v1/accounts/${account}`, path: `/v1/accounts/${account}/invitations` }
}

function at(t: Test, offsetMs: number) {
  service.clock.offsetMs = offsetMs
  t.teardown(() => {
    service.clock.offsetMs = 0
  })
}

t.test('an invitation is sent, listed, sent again and withdrawn', async (t) => {
  const { account, path } = await openSite()
  const sent = await root.post(path, { email: 'Ada@Example.com', role: 'developer' })
  t.match(sent, {
    status: 201,
    headers: { location: `${path}/${sent.body.invitation.id}` },
    body: {
      invitation: {
        account_id: account,
        email: 'Ada@Example.com',
        role: { name: 'developer' },
        status: 'open',
        redeemed_at: null,
        withdrawn_at: null,
      },
      link: /^http:\/\/127\.0\.0\.1:\d+\/console#invitation=invitation_\w{65}\.\w{11}$/,
    },
  })
  const { id, expires_at: expiresAt } = sent.body.invitation
  t.equal(Date.parse(expiresAt) - Date.parse(sent.body.invitation.sent_at), dayMs, '24 hours')
  const second = await newInvitation(root, account)
  const list = () => root.get(`${path}?sort=created_at`)
  const first = await root.get(`${path}?sort=created_at&limit=1`)
  const next = await root.get(`${path}?sort=created_at&cursor=${first.body.next_cursor}`)
  t.same([first.body.invitations[0].id, next.body.invitations[0].id], [id, second.id])

  at(t, dayMs - 60 * 60 * 1000)
  t.match((await list()).body.invitations, [{ status: 'open' }, { status: 'open' }])
  at(t, dayMs + 1000)
  t.match((await list()).body.invitations, [{ status: 'expired' }, { status: 'expired' }])
  const again = await root.post(`${path}/${id}/resend`)
  t.match(again, { status: 200, body: { invitation: { id, status: 'open' } } })
  t.not(secretOf(again.body.link), secretOf(sent.body.link), 'another link')
  t.ok(again.body.invitation.expires_at > expiresAt)

  t.equal((await root.delete(`${path}/${id}`)).status, 204)
  t.equal((await root.delete(`${path}/${id}`)).status, 204, 'a repeat changes nothing')
  const ended = { status: 409, code: 'invitation_ended' }
  assertProblem(t, await root.post(`${path}/${id}/resend`), ended, 'what was withdrawn')
  t.match((await list()).body.invitations, [{ id: second.id }])
  t.match((await root.get(`${path}/${id}`)).body.invitation, { status: 'withdrawn' })
  const { body: log } = await root.get(`/v1/accounts/${account}/audit-events?limit=4`)
  t.match(log.audit_events, [
    { action: 'invitation.withdrawn', resource: { id, type: 'invitation' } },
    { action: 'invitation.resent', resource: { id } },
    { action: 'invitation.sent', resource: { id: second.id } },
    { action: 'invitation.sent', resource: { id } },
  ])
  for (const unknown of ['x', '0192f3a4-5b6c-7d8e-9f01-23456789abcd']) {
    const notFound = { status: 404, code: 'not_found' }
    assertProblem(t, await root.get(`${path}/${unknown}`), notFound, unknown)
    assertProblem(t, await root.post(`${path}/${unknown}/resend`), notFound, unknown)
    assertProblem(t, await root.delete(`${path}/${unknown}`), notFound, unknown)
  }
})

t.test('an address has one open invitation, whatever the case of its letters', async (t) => {
  const { account, path } = await openSite()
  const { id } = await newInvitation(root, account, { email: 'bob@example.com' })
  const repeat = () => root.post(path, { email: 'BOB@EXAMPLE.COM', role: 'viewer' })
  const taken = { status: 409, code: 'id_taken', faults: [['/email', 'unique']] } as const
  assertProblem(t, await repeat(), taken, 'while it is open')
  at(t, dayMs)
  const replacing = await repeat()
  t.equal(replacing.status, 201, 'once it has expired')
  t.match((await root.get(`${path}/${id}`)).body.invitation, { status: 'withdrawn' })
  t.not(foldEmail('bo\u212a@example.com'), foldEmail('bok@example.com'), 'a Kelvin sign is no k')
})

t.test('what cannot be invited is refused by name', async (t) => {
  const { account, path, at: ofAccount } = await openSite()
  const addresses = [
    'ada',
    '@example.com',
    'ada@',
    'ada@example.com, eve@example.com',
    'Ada <ada@example.com>',
    'ada@example.com\r\nBcc: eve@example.com',
    'ad\u0430@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'example.'.repeat(32)}com`,
  ]
  for (const email of addresses) {
    const refused = await root.post(path, { email, role: 'viewer' })
    t.match(refused, { status: 400, body: { code: 'invalid_request' } }, email)
    t.match(refused.body.errors, [{ field: '/email' }], email)
  }
  const unknown = await root.post(path, { email: 'ada@example.com', role: 'no such role' })
  const faults = [['/role', 'exists']] as const
  assertProblem(t, unknown, { status: 400, code: 'invalid_request', faults }, 'an unknown role')

  const inviter = await newRole(root, account, 'inviter', ['account_user:invite'])
  const weak = service.as((await newKey(root, account, { role: inviter })).token)
  const beyond = await weak.post(path, { email: 'ada@example.com', role: 'admin' })
  assertProblem(t, beyond, { status: 403, code: 'escalation' }, 'more than the inviter holds')
  const { id } = await newInvitation(root, account, { role: 'admin' })
  const resent = await weak.post(`${path}/${id}/resend`)
  assertProblem(t, resent, { status: 403, code: 'escalation' }, 'nor by sending again')
  const own = await newRole(root, account, 'own', ['account_user:read'])
  const sent = await newInvitation(weak, account, { role: own })
  t.match(sent.body.invited_by, { kind: 'api_key' })
  const shown = await weak.get(`${path}/${id}`)
  t.match(
    shown.body.invitation.invited_by,
    { kind: 'platform', id: null },
    'an account sees no more',
  )

  const inUse = await root.delete(`${ofAccount}/roles/${own}`)
  assertProblem(t, inUse, { status: 409, code: 'in_use' }, 'a role that an invitation offers')
  // The clock of the database decides what has expired.
  const raw = await connectRaw(t, service.database.url)
  await raw.query('update invitation set expires_at = now() where id = $1', [sent.id])
  t.equal((await root.delete(`${ofAccount}/roles/${own}`)).status, 204, 'an expired one keeps none')
  t.match((await root.get(`${path}/${sent.id}`)).body.invitation, { status: 'withdrawn' })
})

t.test('a repeat of a request sends nothing and shows no link', async (t) => {
  const { path } = await openSite()
  const repeat = (email = 'eve@example.com') => {
    const headers = { 'idempotency-key': 'one' }
    return root.call('POST', path, { body: { email, role: 'viewer' }, headers })
  }
  const first = await repeat()
  const second = await repeat()
  const { id } = first.body.invitation
  t.match(second, { status: 201, body: { invitation: { id }, link: null } })
  const reused = { status: 422, code: 'idempotency_key_reused' }
  t.match(await repeat('other@example.com'), { status: reused.status, body: { code: reused.code } })
  await pruneInvitations(service.service.deps.db, new Date(Date.now() + 2 * dayMs))
  assertProblem(t, await repeat(), { status: 404, code: 'not_found' }, 'of one that is gone')
})

t.test('an account has a bounded number of open invitations', async (t) => {
  const { account, path } = await openSite()
  const raw = await connectRaw(t, service.database.url)
  const { id } = await newInvitation(root, account)
  await raw.query(
    `insert into invitation select (jsonb_populate_record(invitation, jsonb_build_object(
       'id', gen_random_uuid(), 'folded_email', n || '@example.com'))).*
     from invitation, generate_series(2, $2) as n where id = $1`,
    [id, maxOpenInvitations],
  )
  const limit = { status: 409, code: 'invitation_limit' }
  const more = () => root.post(path, { email: 'one-more@example.com', role: 'viewer' })
  assertProblem(t, await more(), limit, 'one more')
  await raw.query(`update invitation set expires_at = now() where id = $1`, [id])
  t.equal((await more()).status, 201, 'expired ones do not count')
  assertProblem(t, await root.post(`${path}/${id}/resend`), limit, 'until they are sent again')
})

t.test('nobody is invited where nobody could sign in', async (t) => {
  const others = { 'without a provider': {}, 'without a console': { ...settings, CONSOLE: 'off' } }
  for (const [label, other] of Object.entries(others)) {
    const { root } = await startTestService(t, { settings: other })
    const account = await newAccount(root)
    const body = { email: 'ada@example.com', role: 'viewer' }
    const refused = await root.post(`/v1/accounts/${account}/invitations`, body)
    assertProblem(t, refused, { status: 409, code: 'no_provider' }, label)
    t.match(refused.body.detail, 'OIDC_FILE')
  }
})
