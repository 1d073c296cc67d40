/** The calls of `ybm user` and of Terraform's `ybm_user` on the users of an account. */
import t from 'tap'
import { type AeonTenant, startAeonService } from '../helpers/aeon.ts'
import { secretOf } from '../helpers/api.ts'
import { newKey, newRole } from '../helpers/fixtures.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import {
  type PersonBrowser,
  redeemAs,
  signInAs,
  testIssuer,
  testProvider,
} from '../helpers/people.ts'
import { listRoles } from '../helpers/ybm.ts'
import {
  deleteUser,
  inviteUser,
  listUsers,
  terraformReadUser,
  updateUser,
} from '../helpers/ybm-users.ts'

const settings = { OIDC_FILE: await writeOidcFile(t, [testProvider]) }
const service = await startAeonService(t, { settings })
const { root, aeonAs, clock } = service
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Adds a person who has not signed in. Returns the id. */
async function add({ account }: AeonTenant, subject: string, role: string): Promise<string> {
  const body = { issuer: testIssuer, subject, role }
  return (await root.post(`/v1/accounts/${account.id}/users`, body)).body.user.id
}

/** Signs a person in to the account whose role follows from claims. */
function enter(
  { account }: AeonTenant,
  subject: string,
  values: Parameters<typeof signInAs>[3] = {},
): Promise<PersonBrowser> {
  return signInAs(service, subject, [{ accountId: account.id, role: 'viewer' }], values)
}

t.test('ybm user list, update and delete work', async (t) => {
  const tenant = await service.newTenant()
  const { admin, account } = tenant
  const at = `/accounts/${account.id}/users`
  const ada = await add(tenant, 'ada', 'developer')
  const browser = await signInAs(service, 'ada')
  const keys = `/v1/accounts/${account.id}/api-keys`
  admin.recorded()
  const [user, ...others] = await listUsers(admin, 'ADA@example.com')
  t.same(admin.recorded(), ['GET /account', 'GET /account', `GET ${at}?email=ADA%40example.com`])
  t.same(others, [])
  const { role_list: roles, metadata, ...info } = user.info
  t.same(user.spec, { email: 'ada@example.com', first_name: 'Person ada' })
  t.same(info, { id: ada, state: 'ACTIVE' })
  t.match(metadata, { created_on: time, updated_on: time })
  t.match(roles, [{ account_id: account.id, roles: [{ info: { display_name: 'Developer' } }] }])

  admin.recorded()
  await updateUser(admin, 'ada@example.com', 'Admin')
  t.same(admin.recorded().slice(2), [
    `GET ${at}?email=ada%40example.com`,
    `GET /accounts/${account.id}/roles?role_types=ALL&limit=100&display_name=Admin`,
    `PUT ${at}/${ada}/roles`,
  ])
  t.same(await terraformReadUser(admin, 'ada@example.com'), {
    user_id: ada,
    role_name: 'Admin',
    user_name: 'Person ada',
    user_state: 'ACTIVE',
  })
  const [role] = await listRoles(admin, { name: 'Admin', describe: true })
  t.same(role.info.users, [{ ...user.spec, state: 'ACTIVE' }])
  const body = { name: 'of ada', role: 'viewer', expires_at: null }
  const key = (await browser.call('POST', keys, { body })).body.api_key.id

  const lastAdmin = { status: 409, message: /^The person is the last one/ }
  await t.rejects(updateUser(admin, 'ada@example.com', 'Viewer'), lastAdmin)
  await t.rejects(deleteUser(admin, 'ada@example.com'), lastAdmin)
  await add(tenant, 'keeper', 'admin')
  admin.recorded()
  await deleteUser(admin, 'ada@example.com')
  t.same(admin.recorded().slice(3), [`DELETE ${at}/${ada}`])
  t.same(await listUsers(admin, 'ada@example.com'), [])
  t.equal((await browser.call('GET', '/v1/session')).status, 401, 'the sessions end')
  t.equal((await root.get(`${keys}/${key}`)).body.api_key.status, 'active', 'the keys stay')
  await t.rejects(deleteUser(admin, 'ada@example.com'), { message: /could not get user data/ })
})

t.test(
  'the Aeon API gives a user one of the three states of Aeon, and filters by it',
  async (t) => {
    const tenant = await service.newTenant()
    const { admin, account } = tenant
    const at = `/accounts/${account.id}/users`
    await add(tenant, 'awaited', 'viewer')
    await add(tenant, 'active', 'viewer')
    await signInAs(service, 'active')
    await enter(tenant, 'mapped')
    const statesOf = async (query = '') =>
      Object.fromEntries(
        (await admin.take('GET', at + query)).data.map(
          ({ spec, info }: { spec: { first_name: string }; info: { state: string } }) => [
            spec.first_name,
            info.state,
          ],
        ),
      )
    const [active, mapped] = [{ 'Person active': 'ACTIVE' }, { 'Person mapped': 'ACTIVE' }]
    const awaited = { awaited: 'PROVISIONED' }
    t.same(await statesOf(), { ...active, ...mapped, ...awaited })
    t.same(await statesOf('?state=ACTIVE'), { ...active, ...mapped })
    t.same(await statesOf('?state=PROVISIONED'), awaited)
    t.same(await statesOf('?state=INACTIVE'), {})
    clock.offsetMs = service.service.deps.sessions.limits.lifetimeMs
    t.same(await statesOf('?state=INACTIVE'), { 'Person mapped': 'INACTIVE' })
    t.same(await statesOf('?state=ACTIVE'), active)
    clock.offsetMs = 0

    t.same(await statesOf('?first_name=awaited'), awaited)
    t.same(await statesOf('?first_name=Person%20mapped&state=ACTIVE'), mapped)
    t.same(await statesOf('?last_name=mapped'), {}, 'nobody has a last name')
    t.equal((await admin.call('GET', `${at}?state=GONE`)).status, 400)
    t.equal((await admin.call('GET', `${at}?role=admin`)).status, 400, 'no filter is ignored')
    const refused = { status: 409, message: /^The role follows from claims/ }
    await t.rejects(updateUser(admin, 'mapped@example.com', 'Developer'), refused)
  },
)

t.test('users are listed by their e-mail addresses, or by their creation', async (t) => {
  const tenant = await service.newTenant()
  const { admin, account } = tenant
  const at = `/accounts/${account.id}/users`
  await enter(tenant, 'zoe')
  await enter(tenant, 'Bob', { email: 'Bob@example.com' })
  await enter(tenant, 'ada')
  await enter(tenant, 'aaron', { email: 'a@example.com', emailVerified: false })
  await enter(tenant, 'twin', { email: 'ada@example.com' })
  const namesIn = async (query: string) => {
    const seen: string[] = []
    for (let token = ''; ; ) {
      const page = await admin.take('GET', `${at}?limit=1&continuation_token=${token}${query}`)
      seen.push(...page.data.map(({ spec }: { spec: { first_name: string } }) => spec.first_name))
      token = page._metadata.continuation_token
      if (token === null) return seen.map((name) => name.replace('Person ', ''))
    }
  }
  const byEmail = ['aaron', 'ada', 'twin', 'Bob', 'zoe']
  t.same(await namesIn(''), byEmail, 'as in Aeon: an address that is not shown comes first')
  t.same(await namesIn('&order_by=email'), byEmail)
  t.same(await namesIn('&order=desc'), byEmail.toReversed())
  const byCreation = ['zoe', 'Bob', 'ada', 'aaron', 'twin']
  t.same(await namesIn('&order_by=created_on'), byCreation)
  t.same(await namesIn('&order_by=created_on&order=desc'), byCreation.toReversed())
  t.equal((await admin.call('GET', `${at}?order_by=name`)).status, 400)
  const { _metadata: metadata } = await admin.take('GET', `${at}?limit=1`)
  const token = metadata.continuation_token
  const other = await admin.call('GET', `${at}?order_by=created_on&continuation_token=${token}`)
  t.equal(other.status, 400, 'a token is of one order')
})

t.test('the clients act on no user by an address that proves nothing', async (t) => {
  const tenant = await service.newTenant()
  const { admin } = tenant
  const email = 'boss@example.com'
  await enter(tenant, 'pretender', { email, emailVerified: false })
  t.same(await listUsers(admin, email), [])
  const [shown] = await listUsers(admin)
  t.equal(shown.spec.email, '', 'nor is the address shown')
  const { userId } = await enter(tenant, 'boss')
  t.equal((await terraformReadUser(admin, email)).user_id, userId)
  await enter(tenant, 'other boss', { email: 'Boss@Example.com' })
  const ambiguous = { status: 400, message: /^email: Several users have this address/ }
  await t.rejects(listUsers(admin, email), ambiguous)
  await t.rejects(deleteUser(admin, email), ambiguous)
  t.equal((await listUsers(admin)).length, 3)
  // The Kelvin sign is a small k to some rules, and another address to mail servers.
  await enter(tenant, 'kelvin', { email: '\u212a@example.com' })
  t.same(await listUsers(admin, 'k@example.com'), [])
})

t.test('ybm user invite works, and Terraform reads and removes whom it invited', async (t) => {
  const tenant = await service.newTenant()
  const { admin, account } = tenant
  const at = `/accounts/${account.id}/users`
  const email = 'Grace@example.com'
  const invited = await inviteUser(admin, email, 'Developer')
  t.equal(invited.spec.email, email)
  t.equal(invited.info.role_list[0].roles[0].info.display_name, 'Developer')
  const state = { user_id: invited.info.id, role_name: 'Developer', user_name: '' }
  t.same(await terraformReadUser(admin, email), { ...state, user_state: 'PROVISIONED' })
  t.same(await listUsers(admin), [], 'a whole list has no invitations')
  for (const others of ['state=ACTIVE', 'first_name=Grace']) {
    t.same((await admin.take('GET', `${at}?email=${email}&${others}`)).data, [], others)
  }
  const { invitations } = (await root.get(`/v1/accounts/${account.id}/invitations`)).body
  t.match(invitations, [{ id: invited.info.id, email }])

  await t.rejects(inviteUser(admin, email, 'Viewer'), { message: /has an open invitation/ })
  const role_id = invited.info.role_list[0].roles[0].info.id
  t.match(await admin.call('POST', at, { body: { email, role_id } }), { status: 409 })
  const unknown = await admin.take('POST', `${at}/batch`, {
    user_list: [
      { email: 'x@example.com', role_id: account.id },
      { email: 'y@example.com', role_id },
    ],
  })
  t.match(unknown.data.user_list, [
    { is_successful: false, error_message: /^role_id: / },
    { is_successful: true },
  ])
  const limited = await newRole(root, account.id, 'remover', ['account_user:delete'])
  const remover = aeonAs((await newKey(root, account.id, { role: limited })).token)
  t.equal((await remover.call('DELETE', `${at}/${invited.info.id}`)).status, 404)
  await deleteUser(admin, email)
  t.same(await listUsers(admin, email), [])
  t.match(await admin.call('DELETE', `${at}/${account.id}`), { status: 404 })
})

t.test('the id of an invitation stays that of the user whom it made one', async (t) => {
  const tenant = await service.newTenant()
  const { admin, account } = tenant
  const at = `/accounts/${account.id}/users`
  const native = `/v1/accounts/${account.id}`
  const email = 'grace@example.com'
  const idOf = async (name: string) => (await listRoles(admin, { name }))[0].info.id
  const [viewer, developer] = [await idOf('Viewer'), await idOf('Developer')]
  const join = async (role = 'Viewer') => {
    const { info } = await inviteUser(admin, email, role)
    const { link } = (await root.post(`${native}/invitations/${info.id}/resend`)).body
    const redemption = await redeemAs(service, secretOf(link), { email, subject: 'grace' })
    t.match(redemption, { kind: 'redeemed' })
    return { id: info.id, redemption }
  }
  const refuses = async (id: string, label: string) => {
    const body = { role_id: developer }
    t.equal((await admin.call('PUT', `${at}/${id}/roles`, { body })).status, 404, label)
    t.equal((await admin.call('DELETE', `${at}/${id}`)).status, 404, label)
  }

  const { id } = await join()
  const [{ id: person }] = (await root.get(`${native}/users`)).body.users
  const state = { user_id: id, role_name: 'Viewer', user_state: 'ACTIVE' }
  t.match(await terraformReadUser(admin, email), state)
  await admin.take('PUT', `${at}/${id}/roles`, { role_id: developer })
  t.match(await terraformReadUser(admin, email), { ...state, role_name: 'Developer' })
  await admin.take('PUT', `${at}/${person}/roles`, { role_id: viewer })
  t.match(await terraformReadUser(admin, email), state, 'the id of the person works too')
  const other = await service.newTenant()
  const elsewhere = `/accounts/${other.account.id}/users/${id}`
  t.equal((await other.admin.call('DELETE', elsewhere)).status, 404, 'another account')
  await service.service.deps.db.deleteFrom('invitation').where('id', '=', id).execute()
  await admin.take('DELETE', `${at}/${id}`)
  t.same(await listUsers(admin), [], 'also after the invitation is deleted')
  await refuses(id, 'the user was removed')

  const body = { issuer: testIssuer, subject: 'grace', role: 'viewer' }
  await root.post(`${native}/users`, body)
  await refuses(id, 'the person is a user again, by another way')
  t.same(await listUsers(admin, email), [], 'whose address is hidden until the next sign-in')
  const again = await join()
  t.match(again.redemption, { isAdded: false })
  await refuses(again.id, 'the person was a user before')
  t.match(await terraformReadUser(admin, email), { user_id: person, role_name: 'Viewer' })
  await admin.take('DELETE', `${at}/${person}`)
  const admins = await join('Admin')
  const last = { status: 409, message: /^The person is the last one/ }
  await t.rejects(admin.take('DELETE', `${at}/${admins.id}`), last)
})

t.test('a role shows its users to those who may see users', async (t) => {
  const tenant = await service.newTenant()
  const { account } = tenant
  await add(tenant, 'eve', 'viewer')
  const usersSeenWith = async (...permissions: string[]) => {
    const role = await newRole(root, account.id, `reader ${permissions}`, permissions)
    const api = aeonAs((await newKey(root, account.id, { role })).token)
    return (await listRoles(api, { name: 'Viewer' }))[0].info.users
  }
  const user = { email: '', first_name: 'eve', state: 'PROVISIONED' }
  t.same(await usersSeenWith('role:read'), [])
  t.same(await usersSeenWith('role:read', 'account_user:read'), [user])
})
