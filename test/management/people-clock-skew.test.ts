/**
 * Instances on one database whose clocks differ: which membership of a person is the present one,
 * and which removal is the latest, follows from no clock; and no fast clock decides for all that
 * something is over.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { endSessionsByProvider } from '../../src/management/sessions/end-by-provider.ts'
import { secretOf } from '../helpers/api.ts'
import { newAccount, newRole } from '../helpers/fixtures.ts'

import { writeOidcFile } from '../helpers/oidc-file.ts'
import { redeemAs, signInAs, testIssuer, testProvider } from '../helpers/people.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

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

const farAhead = 40 * 24 * 60 * 60 * 1000

/** Runs something on an instance whose clock is far ahead of the others. */
async function farInFuture<T>(run: () => Promise<T>): Promise<T> {
  const { offsetMs } = ahead.clock
  ahead.clock.offsetMs = farAhead
  try {
    return await run()
  } finally {
    ahead.clock.offsetMs = offsetMs
  }
}

await t.test('a fast clock withdraws no invitation that others redeem', async (t) => {
  const role = await newRole(root, account, 'offered', [])
  const body = { email: 'new@example.com', role }
  const sent = await root.post(`/v1/accounts/${account}/invitations`, body)
  t.equal(sent.status, 201, sent.text)
  right.canaries.addSecret(secretOf(sent.body.link))
  const path = `/v1/accounts/${account}/roles/${role}`
  t.match(await farInFuture(() => ahead.root.delete(path)), { status: 409 })
  const redeemed = await redeemAs(right, secretOf(sent.body.link), { email: body.email })
  t.equal(redeemed.kind, 'redeemed')
})

await t.test('a logout ends a session that only a fast clock calls expired', async (t) => {
  const providerSession = 'at the provider'
  const roles = [{ accountId: account, role: 'developer' }]
  const browser = await signInAs(right, 'fay', roles, { providerSession })
  const logout = { issuer: testIssuer, subject: 'fay', providerSession, jti: randomUUID() }
  const expiresAt = new Date(Date.now() + 60_000)
  const outcome = await farInFuture(() =>
    endSessionsByProvider(ahead.service.deps, { ...logout, expiresAt }),
  )
  t.match(outcome, { kind: 'ended', sessionIds: [browser.sessionId] })
  const ended = async () => (await browser.call('GET', '/v1/session')).status === 401
  await until(ended)
})
