/** Acts on users beside each other: what comes of two is what one after the other would give. */
import t from 'tap'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { enterByToken } from '../../src/management/users/enter-by-token.ts'
import { isolationLevels } from '../../src/store/database.ts'
import type { Answer } from '../helpers/api.ts'
import { createImpatientDatabase } from '../helpers/database.ts'
import { newAccount, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { type PersonBrowser, signInAs, testIssuer, testProvider } from '../helpers/people.ts'
import { startTestService } from '../helpers/service.ts'

type Act = () => Promise<Answer>

const rounds = 2

for (const isolation of isolationLevels) {
  t.test(`concurrent acts on users under ${isolation}`, async (t) => {
    const database = await createImpatientDatabase(t)
    const settings = { OIDC_FILE: await writeOidcFile(t, [testProvider]) }
    const service = await startTestService(t, { database, isolation, settings })
    const { root } = service
    const raw = await connectRaw(t, database.url)
    let made = 0
    const newSite = async () => {
      made += 1
      const account = await newAccount(root, `account ${made}`)
      const users = `/v1/accounts/${account}/users`
      const add = async (name: string, role: string): Promise<PersonBrowser> => {
        const subject = `${name}-${made}`
        const added = await root.post(users, { issuer: testIssuer, subject, role })
        if (added.status !== 201) throw new Error(added.text)
        return signInAs(service, subject)
      }
      return { account, users, add }
    }
    const adminsOf = async (account: string) => {
      const { rows } = await raw.query(
        `select count(*)::int as admins from membership join role on role.id = role_id
         where membership.account_id = $1 and membership.live and role.name = 'admin'`,
        [account],
      )
      return rows[0].admins
    }
    const remove = (by: PersonBrowser, users: string, { userId }: PersonBrowser) =>
      by.call('POST', `${users}/${userId}/remove`, { body: { keys: 'keep' } })
    const lower = (by: PersonBrowser, users: string, { userId }: PersonBrowser) =>
      by.call('PATCH', `${users}/${userId}`, { body: { role: 'viewer' } })

    t.test('of two admins who end each other one remains', async (t) => {
      const acts = { remove, lower }
      for (const [first, act] of Object.entries(acts)) {
        for (const [second, other] of Object.entries(acts)) {
          for (let round = 0; round < rounds; round += 1) {
            const { account, users, add } = await newSite()
            const [ada, bob] = [await add('ada', 'admin'), await add('bob', 'admin')]
            const answers = await Promise.all([act(ada, users, bob), other(bob, users, ada)])
            const outcome = answers.map(({ status }) => status).sort()
            // Who was removed is nobody any more; who was lowered may not.
            t.ok(['200,401', '200,403'].includes(outcome.join()), `${first}, ${second}: ${outcome}`)
            t.equal(await adminsOf(account), 1, `${first}, ${second}`)
          }
        }
      }
    })

    t.test('the last admin is counted after every other act', async (t) => {
      for (let round = 0; round < rounds; round += 1) {
        const { account, users, add } = await newSite()
        const [ada, bob] = [await add('ada', 'admin'), await add('bob', 'admin')]
        const answers = await Promise.all([
          root.post(`${users}/${ada.userId}/remove`, { keys: 'keep' }),
          root.patch(`${users}/${bob.userId}`, { role: 'viewer' }),
        ])
        t.same(answers.map(({ status }) => status).sort(), [200, 409])
        t.equal(await adminsOf(account), 1)
      }
    })

    t.test('an act of a person comes before their end, or not at all', async (t) => {
      const acts: Readonly<
        Record<string, (site: { account: string; role: string }, by: PersonBrowser) => Act>
      > = {
        'a key': ({ account }, by) => {
          const body = { name: 'k', role: 'viewer', expires_at: null }
          return () => by.call('POST', `/v1/accounts/${account}/api-keys`, { body })
        },
        'a user': ({ account, role }, by) => {
          const body = { issuer: testIssuer, subject: `new-${made}`, role }
          return () => by.call('POST', `/v1/accounts/${account}/users`, { body })
        },
        'a role': ({ account }, by) => {
          const body = { name: 'r', permissions: [] }
          return () => by.call('POST', `/v1/accounts/${account}/roles`, { body })
        },
      }
      for (const [label, actOf] of Object.entries(acts)) {
        for (const actsFirst of [true, false]) {
          const { account, users, add } = await newSite()
          await add('keeper', 'admin')
          const ada = await add('ada', 'admin')
          const role = await newRole(root, account, 'given', [])
          const act = actOf({ account, role }, ada)
          const end: Act = () => root.post(`${users}/${ada.userId}/remove`, { keys: 'revoke' })
          await raw.query('begin')
          await raw.query('select from account where id = $1 for update', [account])
          const order = actsFirst ? [act, end] : [end, act]
          const first = order[0]?.()
          await untilBlocked(raw, 1)
          const second = order[1]?.()
          await untilBlocked(raw, 2)
          await raw.query('commit')
          const answers = [await first, await second].map((answer) => answer?.status)
          t.same(answers, actsFirst ? [201, 200] : [200, 401], `${label}, first: ${actsFirst}`)
          const { rows } = await raw.query(
            `select count(*)::int as live from api_key
             where account_id = $1 and created_by_id = $2 and revoked_at is null`,
            [account, ada.userId],
          )
          t.equal(rows[0].live, 0, 'no key of the removed person is left')
        }
      }
    })

    t.test('a role is never deleted while a person gets it', async (t) => {
      for (let round = 0; round < rounds; round += 1) {
        const { account, users } = await newSite()
        const role = await newRole(root, account, 'given', [])
        const body = { issuer: testIssuer, subject: `new-${made}`, role }
        const [added, deleted] = await Promise.all([
          root.post(users, body),
          root.delete(`/v1/accounts/${account}/roles/${role}`),
        ])
        const outcome = `${added.status} ${deleted.status}`
        t.ok(['201 409', '400 204'].includes(outcome), outcome)
      }
    })

    t.test('a role is never deleted while a sign-in or a JWT maps a person to it', async (t) => {
      const { deps } = service.service
      for (const present of [false, true]) {
        for (const way of ['sign-in', 'JWT'] as const) {
          const { account, users } = await newSite()
          const role = await newRole(root, account, 'given', [])
          const mapped = { accountId: account, role }
          const subject = `mapped-${made}`
          const viewer = { issuer: testIssuer, subject, role: 'viewer' }
          if (present) t.equal((await root.post(users, viewer)).status, 201)
          await raw.query('begin')
          await raw.query('update role set live = false, deleted_at = now() where id = $1', [role])
          const profile = { email: null, emailVerified: false, name: null }
          const [since, until] = [deps.now(), new Date(deps.now().getTime() + 60_000)]
          const person = { issuer: testIssuer, subject, ...profile }
          const entry = { person, accountId: account, mapped, since, until }
          const entering =
            way === 'sign-in' ? signInAs(service, subject, [mapped]) : enterByToken(deps, entry)
          const outcome = entering.then(
            () => 'no error',
            (error) => error.code,
          )
          await untilBlocked(raw)
          await raw.query('commit')
          const expected = !present && way === 'sign-in' ? 'permission_denied' : 'no error'
          t.equal(await outcome, expected, `${way}, a user before: ${present}`)
          const { body } = await root.get(users)
          t.same(
            body.users.map((user: { role: { name: string } }) => user.role.name),
            present ? ['viewer'] : [],
            'what the role that is gone gave',
          )
        }
      }
    })

    t.test('a sign-in that is refused changes nothing of the person', async (t) => {
      const { account, add } = await newSite()
      const ada = await add('ada', 'viewer')
      const profile = async () => {
        const { rows } = await raw.query('select name, signed_in_at from person where id = $1', [
          ada.userId,
        ])
        return rows
      }
      const before = await profile()
      await raw.query('begin')
      await raw.query(
        'update membership set removed_at = now(), live = null where account_id = $1',
        [account],
      )
      const refused = signInAs(service, `ada-${made}`, [], { name: 'Ada King' }).then(
        () => 'no error',
        (error) => error.code,
      )
      await untilBlocked(raw)
      await raw.query('commit')
      t.equal(await refused, 'unauthenticated')
      t.same(await profile(), before)
    })

    t.test('a person who is added or signs in many times at once is one user', async (t) => {
      const { account, users } = await newSite()
      const role = await newRole(root, account, 'given', [])
      const body = { issuer: testIssuer, subject: `many-${made}`, role }
      const added = await Promise.all(Array.from({ length: 4 }, () => root.post(users, body)))
      t.same(added.map(({ status }) => status).sort(), [201, 409, 409, 409])
      const roles = [{ accountId: account, role: 'viewer' }]
      const entered = await Promise.all(
        Array.from({ length: 4 }, () => signInAs(service, `mapped-${made}`, roles)),
      )
      t.equal(new Set(entered.map(({ userId }) => userId)).size, 1)
      for (const { call } of entered) t.equal((await call('GET', '/v1/session')).status, 200)
      t.equal((await root.get(users)).body.users.length, 2)
      t.match(await verifyAuditLog(service.service.deps, []), { breaks: [] })
    })
  })
}
