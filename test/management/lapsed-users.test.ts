/** What becomes of people whose mapped role has ended when that role is deleted. */
import t from 'tap'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { startJwtIssuer } from '../helpers/jwt-issuer.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { signInAs } from '../helpers/people.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'

const database = await createTestDatabase()
t.teardown(() => database.drop())
const before = await startTestService(t, { database })
const account = await newAccount(before.root)
await before.stop()
const issuer = await startJwtIssuer(t)
const OIDC_FILE = await writeOidcFile(t, [
  { ...issuer.entry, roles: [{ claim: 'groups', value: 'readers', account, role: 'viewer' }] },
])
const { rootToken } = before
const service = await startTestService(t, { database, rootToken, settings: { OIDC_FILE } })
const { root, as } = service
const raw = await connectRaw(t, database.url)
const path = `/v1/accounts/${account}`
const reader = (subject: string) => as(issuer.mint(subject, { claims: { groups: ['readers'] } }))

/** Signs a person in with a mapped role, which ends, and returns what to do with the person. */
async function lapse(subject: string) {
  const role = await newRole(root, account, `of ${subject}`, ['api_key:create'])
  const none = await newRole(root, account, `of the key of ${subject}`, [])
  const mapped = [{ accountId: account, role }]
  const browser = await signInAs(service, subject, mapped, { issuer: issuer.issuer })
  const body = { name: `key of ${subject}`, role: none, expires_at: null }
  const issued = await browser.call('POST', `${path}/api-keys`, { body })
  t.equal(issued.status, 201, issued.text)
  service.canaries.addToken(issued.body.token)
  const { userId } = browser
  await raw.query(
    `update membership set mapped_until = statement_timestamp() - interval '1 second'
     where person_id = $1`,
    [userId],
  )
  const user = `${path}/users/${userId}`
  const deletesRole = async () => (await root.delete(`${path}/roles/${role}`)).status
  const keyStatus = async () =>
    (await root.get(`${path}/api-keys/${issued.body.api_key.id}`)).body.api_key.status
  return { userId, user, deletesRole, keyStatus, subject, role }
}

const eventsOf = async (userId: string) =>
  (await root.get(`${path}/audit-events`)).body.audit_events.filter(
    (event: { resource: { id: string } }) => event.resource.id === userId,
  )

await t.test('the deletion of the role is recorded as the removal of the person', async (t) => {
  const { userId, user, deletesRole, role } = await lapse('recorded')
  t.equal((await root.get(user)).status, 200)
  t.equal(await deletesRole(), 204)
  t.equal((await root.get(user)).status, 404)
  const [removed] = await eventsOf(userId)
  t.match(removed, {
    action: 'user.removed',
    actor: { kind: 'platform' },
    reason: 'The mapped role of the user had ended, and the role was deleted.',
    before: { subject: 'recorded', role: { id: role }, role_mapped: true },
    after: null,
  })
  t.match(await verifyAuditLog(service.service.deps, []), { breaks: [] })
})

await t.test('the deletion of the role ends no JWT', async (t) => {
  const used = await lapse('used before')
  const robot = reader(used.subject)
  t.equal((await robot.get('/v1/me')).status, 200)
  t.match((await root.get(used.user)).body.user, { role: { name: 'viewer' } })
  t.match((await eventsOf(used.userId))[0], { action: 'user.updated' })
  t.equal(await used.deletesRole(), 204)
  t.equal((await robot.get('/v1/me')).status, 200)
  t.equal((await root.get(used.user)).status, 200)

  const unused = await lapse('used after')
  const later = reader(unused.subject)
  t.equal(await unused.deletesRole(), 204)
  t.match(await later.get('/v1/me'), { status: 200, body: { role: { name: 'viewer' } } })
  t.equal((await root.get(unused.user)).status, 200)
  t.equal((await root.post(`${unused.user}/remove`, { keys: 'revoke' })).body.key_count, 1)
  t.equal((await later.get('/v1/me')).status, 403, 'a removal does')
})

await t.test('the person is removed with the keys after the deletion', async (t) => {
  const { userId, user, subject, deletesRole, keyStatus } = await lapse('removed')
  const robot = reader(subject)
  t.equal(await deletesRole(), 204)
  t.equal(await keyStatus(), 'active', 'a lapse ends no key')
  const remove = (keys: string) => root.post(`${user}/remove?wait_ms=10000`, { keys, reason: 'x' })
  const removed = await remove('revoke')
  t.match(removed, { status: 200, body: { key_count: 1, receipt: { state: 'complete' } } })
  t.equal(await keyStatus(), 'revoked')
  assertProblem(
    t,
    await robot.get('/v1/me'),
    { status: 403, code: 'permission_denied' },
    'an administrator means the JWTs too',
  )
  const actions = (await eventsOf(userId)).map(({ action }: { action: string }) => action)
  t.same(actions, ['user.removed', 'user.removed', 'user.added'])
  const again = await remove('disable')
  t.match(again, { status: 200, body: { key_count: 0 } })
  t.equal(again.body.receipt.revision, removed.body.receipt.revision)
})

await t.test('a sign-in after the deletion makes the person a user again', async (t) => {
  const { user, subject, deletesRole } = await lapse('returns')
  t.equal(await deletesRole(), 204)
  const mapped = [{ accountId: account, role: 'viewer' }]
  await signInAs(service, subject, mapped, { issuer: issuer.issuer })
  t.match((await root.get(user)).body, { user: { role: { name: 'viewer' }, key_count: 1 } })
})
