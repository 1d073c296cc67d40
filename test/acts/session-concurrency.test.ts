/**
 * Acts of sessions beside what can end them, on connections of their own: what comes of them is
 * what one after the other would give, and no session outlives its key.
 */
import t, { type Test } from 'tap'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { flush } from '../../src/process/background-jobs.ts'
import { isolationLevels } from '../../src/store/database.ts'
import type { Answer } from '../helpers/api.ts'
import { type Browser, callWithCookie, cookieIn, signIn, trySignIn } from '../helpers/browser.ts'
import { createImpatientDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { startTestService } from '../helpers/service.ts'

type Act = () => Promise<Answer>

/** A key with two sessions, in the first of which an act begins. */
interface Signed {
  readonly id: string
  readonly token: string
  readonly browser: Browser
  readonly other: Browser
}

const atOnce = 4
const ended = { status: 401, body: { code: 'unauthenticated' } }

for (const isolation of isolationLevels) {
  t.test(`concurrent acts of sessions under ${isolation}`, async (t) => {
    const database = await createImpatientDatabase(t)
    const started = await startTestService(t, { database, isolation })
    const { root, as, service } = started
    const raw = await connectRaw(t, database.url)
    const account = await newAccount(root)
    const keys = `/v1/accounts/${account}/api-keys`

    const newSigned = async (name: string): Promise<Signed> => {
      const key = await newKey(root, account, { name })
      const browser = await signIn(started, { key: key.token })
      return { ...key, browser, other: await signIn(started, { key: key.token }) }
    }
    const statusOf = async (cookie: string) =>
      (await callWithCookie(started, cookie, 'GET', '/v1/session')).status
    const intact = async (t: Test) =>
      t.match(await verifyAuditLog(service.deps, []), { breaks: [] }, 'the audit log is intact')

    /** Holds a row while both acts come to wait, in this order; then lets them go. */
    const inOrder = async (keyId: string, first: Act, second: Act) => {
      await raw.query('begin')
      await raw.query('select from api_key where id = $1 for update', [keyId])
      const one = first()
      await untilBlocked(raw, 1)
      const another = second()
      await untilBlocked(raw, 2)
      await raw.query('commit')
      return [await one, await another] as const
    }

    const ofSessions: Readonly<Record<string, (signed: Signed) => Promise<Answer>>> = {
      'a sign-in': ({ token }) => trySignIn(started, { key: token }),
      'a sign-out': ({ browser }) => browser.call('DELETE', '/v1/session'),
      'the end of another session': ({ browser, other }) =>
        browser.call('DELETE', `/v1/sessions/${other.sessionId}`),
      'a confirmation': ({ browser, token }) =>
        browser.call('POST', '/v1/session/confirmation', { body: { key: token } }),
    }
    const ofKeys: Readonly<Record<string, (signed: Signed, name: string) => Promise<Answer>>> = {
      'a revocation': ({ id }) => root.post(`${keys}/${id}/revoke`),
      'a bulk revocation': (_, name) =>
        root.post(`${keys}/revoke`, { filter: { name_prefix: name } }),
      'a disabling': ({ id }) => root.post(`${keys}/${id}/disable`),
      'a rotation': ({ id }) => root.post(`${keys}/${id}/rotate`, { overlap_seconds: 0 }),
    }

    // Each act of a key waits for the same row, so that the other levels need not try all of them.
    const tried = isolation === 'read committed' ? 4 : 1
    for (const [ofKey, end] of Object.entries(ofKeys).slice(0, tried)) {
      t.test(`acts of sessions happen before ${ofKey} of their key, or not at all`, async (t) => {
        for (const [ofSession, act] of Object.entries(ofSessions)) {
          const label = `${ofSession}, then ${ofKey}`
          const early = await newSigned(label)
          const [acted, done] = await inOrder(
            early.id,
            () => act(early),
            () => end(early, label),
          )
          t.ok(acted.status < 300, `${label}: ${acted.status}`)
          t.ok(done.status < 300, `${label}: ${done.status}`)
          const late = await newSigned(`${ofKey}, then ${ofSession}`)
          const [, refused] = await inOrder(
            late.id,
            () => end(late, `${ofKey}, then ${ofSession}`),
            () => act(late),
          )
          t.match(refused, ended, `${ofKey}, then ${ofSession}`)
          const cookies = [early, late].flatMap(({ browser, other }) => [browser, other])
          const all = cookies.map(({ cookie }) => cookie)
          if (acted.headers['set-cookie'] && ofSession === 'a sign-in') all.push(cookieIn(acted))
          for (const cookie of all) t.equal(await statusOf(cookie), 401, `after ${label}`)
        }
        await intact(t)
      })
    }

    t.test('no change is committed by a session after its end', async (t) => {
      const target = await newKey(root, account, { name: 'target' })
      const role = await newRole(root, account, 'r', [])
      const list = await newAllowList(root, account, ['10.0.0.0/8'])
      const lists = `/v1/accounts/${account}/allow-lists`
      const roles = `/v1/accounts/${account}/roles`
      const body = { name: 'in flight', role: 'viewer', expires_at: null }
      const acts: Readonly<Record<string, (signed: Signed) => Promise<Answer>>> = {
        ...ofSessions,
        issue: ({ browser }) => browser.call('POST', keys, { body }),
        revoke: ({ browser }) => browser.call('POST', `${keys}/${target.id}/revoke`),
        'revoke its own key': ({ browser, id }) => browser.call('POST', `${keys}/${id}/revoke`),
        disable: ({ browser }) => browser.call('POST', `${keys}/${target.id}/disable`),
        change: ({ browser }) =>
          browser.call('PATCH', `${keys}/${target.id}`, {
            body: { description: 'x' },
            headers: { 'if-match': '*' },
          }),
        rotate: ({ browser }) =>
          browser.call('POST', `${keys}/${target.id}/rotate`, { body: { overlap_seconds: 60 } }),
        'rotate its own key': ({ browser }) =>
          browser.call('POST', '/v1/me/rotate', { body: { overlap_seconds: 60 } }),
        'define a role': ({ browser }) =>
          browser.call('POST', roles, { body: { name: 'x', permissions: [] } }),
        'replace a role': ({ browser }) =>
          browser.call('PUT', `${roles}/${role}`, { body: { name: 'x', permissions: [] } }),
        'delete a role': ({ browser }) => browser.call('DELETE', `${roles}/${role}`),
        'change a list': ({ browser }) =>
          browser.call('PATCH', `${lists}/${list}`, { body: { entries: ['::1'] } }),
        'delete a list': ({ browser }) => browser.call('DELETE', `${lists}/${list}`),
        'revoke many': ({ browser }) =>
          browser.call('POST', `${keys}/revoke`, { body: { filter: { name_prefix: 'target' } } }),
      }
      const { 'a sign-in': _signsInAnew, ...byCookie } = acts
      const snapshot = async () =>
        (
          await raw.query(
            `select row_to_json(x)::text as it from api_key x where id = $1
             union all select row_to_json(x)::text from role x where account_id = $2
             union all select row_to_json(x)::text from allow_list x where account_id = $2
             order by 1`,
            [target.id, account],
          )
        ).rows
      const before = await snapshot()
      for (const [name, act] of Object.entries(byCookie)) {
        const signed = await newSigned(`author of: ${name}`)
        await raw.query('begin')
        await raw.query('select from session where id = $1 for update', [signed.browser.sessionId])
        const answered = act(signed)
        await untilBlocked(raw)
        await raw.query('update session set ended_at = now() where id = $1', [
          signed.browser.sessionId,
        ])
        await raw.query('commit')
        t.match(await answered, ended, name)
        t.equal(await statusOf(signed.other.cookie), 200, 'and the other session goes on')
      }
      t.same(await snapshot(), before, 'and nothing was')
    })

    t.test('of two sessions of one key that end each other one survives', async (t) => {
      for (let round = 0; round < atOnce; round += 1) {
        const { browser, other } = await newSigned(`duel ${round}`)
        const answers = await Promise.all([
          browser.call('DELETE', `/v1/sessions/${other.sessionId}`),
          other.call('DELETE', `/v1/sessions/${browser.sessionId}`),
        ])
        t.same(answers.map(({ status }) => status).sort(), [200, 401])
        const after = [await statusOf(browser.cookie), await statusOf(other.cookie)]
        t.same(after.sort(), [200, 401])
      }
    })

    t.test('a session that is ended many times at once is ended once', async (t) => {
      const { token, browser, other } = await newSigned('ended often')
      const bearer = as(token)
      const answers = await Promise.all([
        ...Array.from({ length: atOnce }, () => bearer.delete(`/v1/sessions/${other.sessionId}`)),
        other.call('POST', '/v1/session/confirmation', { body: { key: token } }),
        flush(service.deps).then(() => browser.call('GET', '/v1/session')),
      ])
      const ends = answers.slice(0, atOnce)
      t.same(new Set(ends.map(({ status }) => status)), new Set([200]))
      t.equal(new Set(ends.map(({ body }) => body.receipt.id)).size, 1, 'with one receipt')
      t.ok([200, 401].includes(answers[atOnce]?.status ?? 0), 'confirmed before, or not at all')
      t.equal(answers.at(-1)?.status, 200)
      t.equal(await statusOf(other.cookie), 401)
      const outs = Array.from({ length: atOnce }, () => browser.call('DELETE', '/v1/session'))
      const statuses = (await Promise.all(outs)).map(({ status }) => status).sort()
      t.same(statuses, [200, ...Array(atOnce - 1).fill(401)])
      const { rows } = await raw.query(
        `select count(*)::int as ends from audit_event where action = 'session.ended' and resource_id = any ($1)`,
        [[browser.sessionId, other.sessionId]],
      )
      t.same(rows, [{ ends: 2 }])
      await intact(t)
    })
  })
}
