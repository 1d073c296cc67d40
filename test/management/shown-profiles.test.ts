/** What an account learns of a person whom it adds by the subject, before the person comes. */
import t, { type Test } from 'tap'
import { type Api, type Json, secretOf } from '../helpers/api.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { redeemAs, signInAs, testIssuer, testProvider } from '../helpers/people.ts'
import { startTestService } from '../helpers/service.ts'

const values = { email: 'ceo@a.example', name: 'Secret Name' }
const secrets = /secret name|ceo@a\.example/i

async function openAccounts(t: Test) {
  const OIDC_FILE = await writeOidcFile(t, [testProvider])
  const service = await startTestService(t, { settings: { OIDC_FILE } })
  const { root, as } = service
  const first = await newAccount(root)
  const second = await newAccount(root, 'Other')
  const theirs = [{ accountId: first, role: 'viewer' }]
  const stranger = await signInAs(service, '1001', theirs, values)
  const admin = as((await newKey(root, second)).token)
  const body = { issuer: testIssuer, subject: '1001', role: 'viewer' }
  const added = await admin.post(`/v1/accounts/${second}/users`, body)
  t.equal(added.status, 201)
  return { service, first, second, theirs, stranger, admin, added }
}

/** Everything that an account is answered of its users. */
async function answersOf(api: Api, account: string, id: string): Promise<Record<string, string>> {
  const users = `/v1/accounts/${account}/users`
  const aeon = `/api/public/v1/accounts/${account}`
  const paths = [
    `${users}/${id}`,
    users,
    `${users}/export?format=csv`,
    `/v1/accounts/${account}/audit-events?limit=100`,
    `/v1/accounts/${account}/api-keys`,
    `${aeon}/users`,
    `${aeon}/users?email=${encodeURIComponent(values.email)}`,
    `${aeon}/users?first_name=${encodeURIComponent(values.name)}`,
    `${aeon}/roles`,
  ]
  const found: Record<string, string> = {}
  for (const path of paths) {
    const answer = await api.get(path)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.text}`)
    found[path] = answer.text
  }
  return found
}

t.test('an account that adds a person by the subject sees the subject only', async (t) => {
  const { service, first, second, theirs, stranger, admin, added } = await openAccounts(t)
  const hidden = { email: null, email_verified: false, name: null, signed_in_at: null }
  t.match(added.body.user, { id: stranger.userId, subject: '1001', ...hidden })
  const check = async (label: string) => {
    for (const [path, text] of Object.entries(await answersOf(admin, second, stranger.userId))) {
      t.notMatch(text, secrets, `${label}: ${path}`)
    }
  }
  await check('added')
  const users = `/v1/accounts/${second}/users`
  const changed = await admin.patch(`${users}/${stranger.userId}`, { role: 'developer' })
  t.match(changed.body.user, hidden)
  // Another sign-in to the first account shows nothing in the second one.
  await signInAs(service, '1001', theirs, { ...values, accountId: first })
  await check('signed in elsewhere')
  const aeon = `/api/public/v1/accounts/${second}/users`
  const listed = await admin.get(aeon)
  t.match(listed.body.data, [
    { spec: { email: '', first_name: '1001' }, info: { state: 'PROVISIONED' } },
  ])
  for (const [filter, count] of [
    [`email=${encodeURIComponent(values.email)}`, 0],
    ['first_name=Secret%20Name', 0],
    ['first_name=1001', 1],
    ['state=ACTIVE', 0],
    ['state=PROVISIONED', 1],
  ] as const) {
    t.equal((await admin.get(`${aeon}?${filter}`)).body.data.length, count, filter)
  }
  const removed = await admin.post(`${users}/${stranger.userId}/remove`, { keys: 'keep' })
  t.match(removed.body.user, hidden)
  const log = await admin.get(`/v1/accounts/${second}/audit-events?limit=100`)
  t.notMatch(log.text, secrets, 'nor does the log of the removal')
  const own = await service.root.get(`/v1/accounts/${first}/users/${stranger.userId}`)
  t.match(own.body.user, values, 'the account of the person sees them')
})

t.test('the order by e-mail does not show where a hidden address would be', async (t) => {
  const { service, second, admin } = await openAccounts(t)
  for (const subject of ['aaa', 'zzz']) {
    const body = { issuer: testIssuer, subject, role: 'viewer' }
    await admin.post(`/v1/accounts/${second}/users`, body)
    await signInAs(service, subject)
  }
  const subjects: string[] = []
  let token: string | undefined
  do {
    const path = `/api/public/v1/accounts/${second}/users?limit=1&order_by=email`
    const { body } = await admin.get(
      `${path}${token === undefined ? '' : `&continuation_token=${token}`}`,
    )
    subjects.push(...body.data.map(({ spec }: Json) => spec.first_name))
    token = body._metadata.continuation_token ?? undefined
  } while (token !== undefined && subjects.length < 9)
  t.same(subjects, ['1001', 'Person aaa', 'Person zzz'])
})

t.test('a sign-in to the account, an invitation and claims show the person', async (t) => {
  const { service, first, second, theirs, stranger, admin } = await openAccounts(t)
  const shownIn = async (account: string) =>
    (await service.root.get(`/v1/accounts/${account}/users/${stranger.userId}`)).body.user
  await signInAs(service, '1001', theirs, { ...values, accountId: second })
  const shown = await shownIn(second)
  t.match(shown, { ...values, email_verified: true })
  t.ok(shown.signed_in_at)
  const log = await admin.get(`/v1/accounts/${second}/audit-events?limit=1`)
  const event = { action: 'session.started', actor: { name: values.name } }
  t.match(log.body.audit_events[0], event, 'the sign-in names the person')
  const found = await admin.get(
    `/api/public/v1/accounts/${second}/users?email=${encodeURIComponent(values.email)}`,
  )
  t.equal(found.body.data.length, 1)

  service.clock.offsetMs += 1_000
  await signInAs(service, '1001', theirs, { ...values, accountId: first })
  t.equal((await shownIn(second)).signed_in_at, shown.signed_in_at, 'not that of another account')
  t.not((await shownIn(first)).signed_in_at, shown.signed_in_at)

  const mapped = await newAccount(service.root, 'Mapped')
  const more = [...theirs, { accountId: mapped, role: 'viewer' }]
  await signInAs(service, '1001', more, { ...values, accountId: first })
  t.match(await shownIn(mapped), { ...values, signed_in_at: null }, 'claims gave the role')

  const invited = await newAccount(service.root, 'Invited')
  const body = { email: values.email, role: 'viewer' }
  const sent = await service.root.post(`/v1/accounts/${invited}/invitations`, body)
  await redeemAs(service, secretOf(sent.body.link), { ...values, subject: '1001', roles: theirs })
  t.match(await shownIn(invited), values)
  t.ok((await shownIn(invited)).signed_in_at)
  const events = await service.root.get(`/v1/accounts/${invited}/audit-events?action=user.added`)
  t.match(events.body.audit_events, [{ resource: { name: values.name } }])
})
