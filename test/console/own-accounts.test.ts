/** What a caller sees of the accounts in which it has a role. */
import t from 'tap'
import { callWithCookie, cookieName } from '../helpers/browser.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { answerOf, startHostileProvider } from '../helpers/hostile-provider.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { signInAs, testIssuer, testProvider } from '../helpers/people.ts'
import { begin, comeBack, cookiesOf } from '../helpers/provider-sign-in.ts'
import { startTestService } from '../helpers/service.ts'

const path = '/v1/me/accounts'
const provider = await startHostileProvider(t)
const entries = [testProvider, { ...provider.entry, roles: [] }]
const settings = { OIDC_FILE: await writeOidcFile(t, entries) }
const service = await startTestService(t, { settings })
const { root } = service
const account = await newAccount(root, 'Acme')
const other = await newAccount(root, 'Globex')

t.test('a person sees each account, the role there, and where it comes from', async (t) => {
  const body = { issuer: testIssuer, subject: 'ada', role: 'viewer' }
  await root.post(`/v1/accounts/${other}/users`, body)
  const ada = await signInAs(service, 'ada', [{ accountId: account, role: 'admin' }], {
    accountId: account,
  })
  await signInAs(service, 'bob', [{ accountId: other, role: 'admin' }])
  const { body: seen } = await ada.call('GET', path)
  const ends = seen.accounts[1].role_ends_at
  t.match(seen.accounts, [
    {
      account: { id: other, name: 'Globex' },
      role: { name: 'viewer' },
      role_mapped: false,
      role_ends_at: null,
      current: false,
    },
    {
      account: { id: account, name: 'Acme' },
      role: { name: 'admin' },
      role_mapped: true,
      current: true,
    },
  ])
  t.equal(ends, (await ada.call('GET', '/v1/session')).body.session.expires_at)
  t.equal(seen.accounts.length, 2)

  await root.post(`/v1/accounts/${other}/users/${ada.userId}/remove`, { keys: 'keep' })
  t.equal((await ada.call('GET', path)).body.accounts.length, 1, 'no account that was left')
})

t.test('a role from claims that has ended is not listed', async (t) => {
  const roles = [{ accountId: account, role: 'viewer' }]
  await signInAs(service, 'eve', roles)
  const body = { issuer: testIssuer, subject: 'eve', role: 'viewer' }
  await root.post(`/v1/accounts/${other}/users`, body)
  const eve = await signInAs(service, 'eve', roles, { accountId: other })
  const names = async () => {
    const answer = await eve.call('GET', path)
    return answer.body.accounts.map(({ account: { name } }: { account: { name: string } }) => name)
  }
  t.same(await names(), ['Acme', 'Globex'])
  const { deps } = service.service
  await deps.db
    .updateTable('membership')
    .set({ mapped_until: new Date(0) })
    .where('mapped_until', 'is not', null)
    .execute()
  t.same(await names(), ['Globex'])
})

t.test('a key sees its own account', async (t) => {
  const { token } = await newKey(root, account, { role: 'viewer' })
  const { body } = await service.as(token).get(path)
  t.match(body.accounts, [{ account: { id: account }, role: { name: 'viewer' }, current: true }])
  t.same([body.accounts.length, body.accounts[0].role_mapped], [1, false])
})

t.test('a sign-in to another account ends the session of the browser before it', async (t) => {
  for (const id of [account, other]) {
    const body = { issuer: provider.issuer, subject: 'mallory', role: 'viewer' }
    t.equal((await root.post(`/v1/accounts/${id}/users`, body)).status, 201)
  }
  const enter = async (accountId: string, before: string) => {
    const { url, cookie } = await begin(service, { provider: 'corp', account_id: accountId })
    const cookies = `${cookie}; ${cookieName}=${before}`
    const { [cookieName]: session = '' } = cookiesOf(
      await comeBack(service, answerOf(provider, url), cookies),
    )
    service.canaries.addSecret(session)
    return session
  }
  const first = await enter(account, 'none')
  const second = await enter(other, first)
  const seen = await callWithCookie(service, second, 'GET', path)
  const accounts = seen.body.accounts.map((one: { current: boolean }) => one.current)
  t.same(accounts, [false, true])
  t.equal((await callWithCookie(service, first, 'GET', path)).status, 401, 'its cookie is gone')
})
