/**
 * Instances on one database whose clocks differ: which membership of a person is the present one,
 * and which removal is the latest, follows from no clock.
 */
import t from 'tap'
import { newAccount } from '../helpers/fixtures.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { signInAs, testIssuer, testProvider } from '../helpers/people.ts'
import { startTestService } from '../helpers/service.ts'

const OIDC_FILE = await writeOidcFile(t, [testProvider])
const right = await startTestService(t, { settings: { OIDC_FILE } })
const { database, rootToken } = right
const ahead = await startTestService(t, { database, rootToken, settings: { OIDC_FILE } })
ahead.clock.offsetMs = 30_000
const { root } = right
const account = await newAccount(root)
const users = `/v1/accounts/${account}/users`
const member = (subject: string) => ({ issuer: testIssuer, subject, role: 'viewer' })
const remove = (id: string, keys = 'keep') =>
  root.post(`${users}/${id}/remove?wait_ms=10000`, { keys })

/** Adds a person on the instance whose clock is ahead, removes it, and adds it on the other. */
async function addAgain(subject: string): Promise<string> {
  const { id } = (await ahead.root.post(users, member(subject))).body.user
  t.equal((await remove(id)).status, 200)
  t.match(await root.post(users, member(subject)), { status: 201, body: { user: { id } } })
  return id
}

await t.test('a person who was removed and added again is removed', async (t) => {
  const id = await addAgain('ada')
  const browser = await signInAs(right, 'ada')
  t.equal((await browser.call('GET', '/v1/session')).status, 200)
  t.equal((await root.patch(`${users}/${id}`, { role: 'developer' })).status, 200)
  t.match(await remove(id, 'revoke'), { status: 200, body: { receipt: { state: 'complete' } } })
  t.equal((await browser.call('GET', '/v1/session')).status, 401)
  t.equal((await root.get(`${users}/${id}`)).status, 404)
})

await t.test('an Aeon client removes a person who was added again', async (t) => {
  const id = await addAgain('bob')
  const browser = await signInAs(right, 'bob')
  const path = `/api/public/v1/accounts/${account}/users/${id}`
  t.match(await root.delete(path), { status: 200 })
  t.equal((await browser.call('GET', '/v1/session')).status, 401)
})

await t.test('a sign-in takes the mapped role of a person who was added again', async (t) => {
  const roles = [{ accountId: account, role: 'developer' }]
  const { userId } = await signInAs(ahead, 'eve', roles)
  t.equal((await remove(userId)).status, 200)
  const browser = await signInAs(right, 'eve', roles)
  t.equal((await browser.call('GET', '/v1/session')).status, 200)
  await t.rejects(signInAs(right, 'eve', []), { code: 'permission_denied' })
  t.equal((await browser.call('GET', '/v1/session')).status, 401)
})

await t.test('a repeated removal has the receipt of the latest one', async (t) => {
  const { id } = (await ahead.root.post(users, member('cid'))).body.user
  const first = await remove(id)
  await root.post(users, member('cid'))
  const second = await remove(id)
  t.not(second.body.receipt.revision, first.body.receipt.revision)
  t.equal((await remove(id)).body.receipt.revision, second.body.receipt.revision)
})
