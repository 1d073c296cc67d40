/** What becomes of the keys of a person who is removed, from a tenant or from the platform. */
import t, { type Test } from 'tap'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { isolationLevels } from '../../src/store/database.ts'
import type { Json } from '../helpers/api.ts'
import { createImpatientDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { type PersonBrowser, signInAs, testIssuer, testProvider } from '../helpers/people.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService, type TestServiceOptions } from '../helpers/service.ts'

const ofPlatform = [{ accountId: null, role: 'admin' }]

/** A person of the platform who is a user of one tenant too, and has issued keys as both. */
async function openAccounts(t: Test, options: TestServiceOptions = {}) {
  const OIDC_FILE = await writeOidcFile(t, [testProvider])
  const service = await startTestService(t, { ...options, settings: { OIDC_FILE } })
  const { root, canaries } = service
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  const tenant = await newAccount(root)
  const other = await newAccount(root, 'Other')
  const issue = async (by: PersonBrowser, account: string, name: string): Promise<string> => {
    const body = { name, role: 'admin', expires_at: null }
    const issued = await by.call('POST', keysOf(account), { body })
    if (issued.status !== 201) throw new Error(issued.text)
    canaries.addToken(issued.body.token)
    return issued.body.api_key.id
  }
  for (const [subject, role] of [
    ['op', 'admin'],
    ['boss', 'admin'],
  ]) {
    const added = await root.post(usersOf(tenant), { issuer: testIssuer, subject, role })
    if (added.status !== 201) throw new Error(added.text)
  }
  const boss = await signInAs(service, 'boss')
  const asTenant = await signInAs(service, 'op', [], { accountId: tenant })
  const op = await signInAs(service, 'op', ofPlatform, { accountId: platform })
  // Another person of the platform, whose keys stay.
  const second = await signInAs(service, 'second', ofPlatform, { accountId: platform })
  const keys = {
    tenant: await issue(asTenant, tenant, 'as a user of the tenant'),
    platform: await issue(op, platform, 'in the platform account'),
    there: await issue(op, tenant, 'in the tenant'),
    elsewhere: await issue(op, other, 'in another tenant'),
    second: await issue(second, tenant, 'of the second one'),
  }
  const accounts: Record<keyof typeof keys, string> = {
    tenant,
    platform,
    there: tenant,
    elsewhere: other,
    second: tenant,
  }
  const statuses = async () => {
    const found: Record<string, string> = {}
    for (const [label, id] of Object.entries(keys)) {
      const account = accounts[label as keyof typeof keys]
      found[label] = (await root.get(`${keysOf(account)}/${id}`)).body.api_key.status
    }
    return found
  }
  return { service, root, platform, tenant, other, boss, op, keys, statuses }
}

const keysOf = (account: string) => `/v1/accounts/${account}/api-keys`
const usersOf = (account: string) => `/v1/accounts/${account}/users`
const allActive = {
  tenant: 'active',
  platform: 'active',
  there: 'active',
  elsewhere: 'active',
  second: 'active',
}

t.test(
  'a removal from the platform account ends the keys made as the platform, everywhere',
  async (t) => {
    for (const [then, ended, action] of [
      ['revoke', 'revoked', 'api_key.bulk_revoked'],
      ['disable', 'disabled', 'api_key.bulk_disabled'],
    ] as const) {
      const opened = await openAccounts(t)
      const { service, root, platform, tenant, other, op, boss, keys, statuses } = opened
      const user = `${usersOf(platform)}/${op.userId}`
      t.equal((await root.get(user)).body.user.key_count, 3, `${then}: counted before`)
      const { users } = (await root.get(usersOf(platform))).body
      t.equal(users.find(({ id }: Json) => id === op.userId).key_count, 3, 'in lists too')
      const removed = await root.post(`${user}/remove`, { keys: then, reason: 'A leaver.' })
      t.match(removed, { status: 200, body: { key_count: 3, receipt: { state: 'complete' } } })
      const expected = { ...allActive, platform: ended, there: ended, elsewhere: ended }
      t.same(await statuses(), expected)
      const again = await root.post(`${user}/remove`, { keys: then })
      t.match(again.body, { key_count: 0, receipt: { id: removed.body.receipt.id } }, 'a repeat')
      for (const [account, id, creator] of [
        [platform, keys.platform, op.userId],
        [tenant, keys.there, null],
        [other, keys.elsewhere, null],
      ] as const) {
        const path = `/v1/accounts/${account}/audit-events`
        const reader = account === tenant ? boss : root
        const { body } = await reader.call('GET', `${path}?action=${action}`)
        t.equal(body.audit_events.length, 1, 'one event in each account')
        t.match(body.audit_events[0], {
          after: { filter: { created_by: creator } },
          reason: 'A leaver.',
        })
        const listed = await reader.call('GET', `${path}/${body.audit_events[0].number}/api-keys`)
        t.match(listed.text, id)
      }
      const log = await boss.call('GET', `/v1/accounts/${tenant}/audit-events?limit=100`)
      const ofPlatformActs = log.body.audit_events.filter(({ action: its }: Json) => its === action)
      t.notMatch(JSON.stringify(ofPlatformActs), op.userId, 'and does not say which of its people')
      t.match(await verifyAuditLog(service.service.deps, []), { breaks: [] })
    }
  },
)

t.test('a removal from a tenant ends only the keys made as its user', async (t) => {
  const { root, boss, tenant, op, platform, keys, statuses } = await openAccounts(t)
  const user = `${usersOf(tenant)}/${op.userId}`
  const seen = await boss.call('GET', user)
  t.equal(seen.body.user.key_count, 1, 'the key of the platform is not counted')
  const shown = await boss.call('GET', `${keysOf(tenant)}/${keys.there}`)
  t.same(shown.body.api_key.created_by, { kind: 'platform', id: null, name: null })
  const removed = await boss.call('POST', `${user}/remove`, { body: { keys: 'revoke' } })
  t.match(removed, { status: 200, body: { key_count: 1 } })
  t.same(await statuses(), { ...allActive, tenant: 'revoked' })
  t.equal((await root.get(`${usersOf(platform)}/${op.userId}`)).body.user.key_count, 3)
})

t.test('keys that are kept stay, and ending them takes the permission and a proof', async (t) => {
  const opened = await openAccounts(t)
  const { service, root, platform, op, statuses } = opened
  const body = { name: 'removes', permissions: ['account_user:delete'] }
  const admin = (await root.get(`/v1/accounts/${platform}/roles`)).body.roles.find(
    ({ name }: Json) => name === 'admin',
  )
  const all = admin.permissions.filter((name: string) => name !== 'api_key:revoke')
  const role = await root.post(`/v1/accounts/${platform}/roles`, { ...body, permissions: all })
  const lesser = service.as((await newKey(root, platform, { role: role.body.role.id })).token)
  const path = `${usersOf(platform)}/${op.userId}/remove`
  const denied = { status: 403, code: 'permission_denied' }
  assertProblem(t, await lesser.post(path, { keys: 'revoke' }), denied, 'no api_key:revoke')
  const unproved = await signInAs(service, 'second', ofPlatform, {
    accountId: platform,
    authenticatedAt: undefined,
  })
  const refused = await unproved.call('POST', path, { body: { keys: 'revoke' } })
  assertProblem(t, refused, { status: 403, code: 'confirmation_required' }, 'unproved')
  t.same(await statuses(), allActive)
  const kept = await root.post(path, { keys: 'keep' })
  t.match(kept, { status: 200, body: { key_count: 0 } })
  t.same(await statuses(), allActive)
})

for (const isolation of isolationLevels) {
  t.test(
    `a removal misses no key that is being issued elsewhere, under ${isolation}`,
    async (t) => {
      for (const issuesFirst of [true, false]) {
        const database = await createImpatientDatabase(t)
        const opened = await openAccounts(t, { isolation, database })
        const { service, root, platform, other, op } = opened
        const raw = await connectRaw(t, service.database.url)
        const body = { name: 'at the last moment', role: 'viewer', expires_at: null }
        const issue = () => op.call('POST', keysOf(other), { body })
        const path = `${usersOf(platform)}/${op.userId}/remove`
        const remove = () => root.post(path, { keys: 'revoke' })
        await raw.query('begin')
        await raw.query('select from account where id = $1 for update', [other])
        const first = issuesFirst ? issue() : remove()
        await untilBlocked(raw, 1)
        const last = issuesFirst ? remove() : issue()
        await untilBlocked(raw, 2)
        await raw.query('commit')
        const answers = [await first, await last]
        for (const answer of answers) {
          if (answer.body.token !== undefined) service.canaries.addToken(answer.body.token)
        }
        const statuses = answers.map(({ status }) => status)
        t.same(statuses, issuesFirst ? [201, 200] : [200, 401], `issues first: ${issuesFirst}`)
        const { rows } = await raw.query(
          `select count(*)::int as live from api_key
         where created_by_id = $1 and created_by_verified = 'platform' and revoked_at is null`,
          [op.userId],
        )
        t.equal(rows[0].live, 0, 'no key of the person is left')
      }
    },
  )
}
