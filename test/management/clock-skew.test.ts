/**
 * Two instances on one database whose clocks differ: what an expired key lets go of is never a
 * living one's.
 */
import t from 'tap'
import { pruneIdempotentRequests } from '../../src/acts/idempotency.ts'
import { sweepExpiries } from '../../src/management/audit/sweep-expiries.ts'
import { rotateTagKey } from '../../src/setup/rotate-tag-key.ts'
import { listPeppers } from '../../src/store/peppers.ts'
import { age } from '../helpers/age.ts'
import type { Answer, Api, Json } from '../helpers/api.ts'
import { auditLogOf } from '../helpers/audit-log.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw, heat } from '../helpers/instances.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const hourMs = 60 * 60 * 1000
const aeon = '/api/public/v1/accounts'
const address = '192.0.2.1'

const right = await startTestService(t)
const { database, rootToken } = right
/** The one whose clock is off. */
const wrong = await startTestService(t, { database, rootToken })

/** Who has what somebody else may need. */
interface Held {
  readonly account: string
  readonly project: string
  readonly name: string
  readonly role: string
  readonly list: string
  /** Another key of the account. */
  readonly other: string
}

type Act = (api: Api, held: Held) => Promise<Answer>

/** Every act that takes something from an expired key, native and Aeon's. */
const releasing: Readonly<Record<string, Act>> = {
  'delete its role': (api, { account, role }) =>
    api.delete(`/v1/accounts/${account}/roles/${role}`),
  'delete its role through the Aeon API': (api, { account, role }) =>
    api.delete(`${aeon}/${account}/roles/${role}`),
  'delete its list': (api, { account, list }) =>
    api.delete(`/v1/accounts/${account}/allow-lists/${list}`),
  'delete its list through the Aeon API': (api, { account, project, list }) =>
    api.delete(`${aeon}/${account}/projects/${project}/allow-lists/${list}`),
  'issue a key of its name': (api, { account, name }) =>
    api.post(`/v1/accounts/${account}/api-keys`, { name, role: 'viewer', expires_at: null }),
  'issue a key of its name through the Aeon API': async (api, { account, name }) => {
    const { body } = await api.get(`/v1/accounts/${account}/roles`)
    return api.post(`${aeon}/${account}/api-keys`, {
      name,
      description: '',
      expire_after_hours: 0,
      role_id: body.roles.find(({ name }: Json) => name === 'viewer').id,
      allow_list_info: [],
    })
  },
  'give another key its name': (api, { account, name, other }) =>
    patch(api, `/v1/accounts/${account}/api-keys/${other}`, { name }),
}

t.test(
  'an instance whose clock is ahead takes nothing from a key that is still good',
  async (t) => {
    for (const [what, act] of Object.entries(releasing)) {
      wrong.clock.offsetMs = 0
      const { path, token, held, asAdmin } = await holdAll(hourMs)
      wrong.clock.offsetMs = 2 * hourMs
      t.match(await wrong.root.verify(token, { client_ip: address }), { reason: 'expired' }, what)
      t.equal((await act(asAdmin(wrong), held)).status, 409, `${what} is refused`)
      t.equal((await right.root.verify(token, { client_ip: address })).valid, true, what)
      const me = await right.as(token).call('GET', '/v1/me', { remoteAddress: address })
      t.match(me, { status: 200, body: { role: { id: held.role } } }, what)
      t.equal((await patch(right.root, path, { description: 'x' })).status, 200, what)
      t.equal((await patch(right.root, path, { expires_at: null })).status, 200, what)
    }
  },
)

t.test('an instance whose clock is behind accepts nothing that has let go', async (t) => {
  wrong.clock.offsetMs = -2 * hourMs
  for (const [what, act] of Object.entries(releasing)) {
    const { path, token, held, asAdmin } = await holdAll(hourMs)
    await age(database.url, 2 * hourMs)
    const attempt = { client_ip: address }
    await until(async () => (await wrong.root.verify(token, attempt)).valid)
    await heat(wrong, token)
    for (const expires_at of [null, '2090-01-01T00:00:00Z']) {
      const late = await patch(wrong.root, path, { expires_at })
      t.match(late, { status: 409, body: { code: 'key_expired' } }, `${what}: before it lets go`)
    }
    const done = await act(asAdmin(right), held)
    t.ok(done.status < 300, `${what}: ${done.status}`)

    await until(async () => (await wrong.root.verify(token, attempt)).reason === 'expired')
    const me = await wrong.as(token).call('GET', '/v1/me', { remoteAddress: address })
    t.equal(me.status, 401, what)
    const shown = await wrong.root.get(path)
    t.match(shown.body, { api_key: { status: 'expired', role: { id: held.role } } }, what)
    t.equal((await patch(wrong.root, path, { description: 'x' })).status, 200, what)
    const late: Readonly<Record<string, Answer>> = {
      'never expires': await patch(wrong.root, path, { expires_at: null }),
      'expires later': await patch(wrong.root, path, { expires_at: '2090-01-01T00:00:00Z' }),
      rotate: await wrong.root.post(`${path}/rotate`, { overlap_seconds: 0 }),
      enable: await wrong.root.post(`${path}/enable`, {}),
    }
    for (const [name, answer] of Object.entries(late)) {
      t.match(answer, { status: 409, body: { code: 'key_expired' } }, `${what}: ${name}`)
    }
  }
})

t.test('a tag key stays while a good key has it, whatever the clock of who rotates', async (t) => {
  wrong.clock.offsetMs = 0
  const keyring = () => right.service.deps.keyring
  const rotate = async () => {
    const { id } = await rotateTagKey(wrong.service.deps, 10_000)
    await until(() => [right, wrong].every(({ service }) => service.deps.keyring.signing.id === id))
    return id
  }
  const tagKey = await rotate()
  const key = await newKey(right.root, await newAccount(right.root), { expires_at: inAnHour() })
  await rotate()
  wrong.clock.offsetMs = 2 * hourMs
  await rotate()
  t.ok(keyring().keys.some(({ id }) => id === tagKey))
  t.equal((await right.root.verify(key.token)).valid, true)
  wrong.clock.offsetMs = 0
})

t.test(
  'an expiry is recorded when it comes, whatever the clock of the instance that sweeps',
  async (t) => {
    const raw = await connectRaw(t, database.url)
    const account = await newAccount(right.root)
    const key = await newKey(right.root, account, { expires_at: inAnHour() })
    const recorded = async () =>
      (await auditLogOf(raw, account)).filter(
        ({ action, resource }) => action === 'api_key.expired' && resource.id === key.id,
      ).length
    wrong.clock.offsetMs = 2 * hourMs
    await sweepExpiries(wrong.service.deps)
    t.equal(await recorded(), 0, 'not yet')
    await age(database.url, hourMs + 60_000)
    wrong.clock.offsetMs = -2 * hourMs
    await sweepExpiries(wrong.service.deps)
    t.equal(await recorded(), 1)
    wrong.clock.offsetMs = 0
  },
)

t.test('a repeated request finds its record, whatever the clock of who is asked', async (t) => {
  const account = await newAccount(right.root)
  const send = (api: Api) =>
    api.call('POST', `/v1/accounts/${account}/api-keys`, {
      body: { name: 'once', role: 'viewer', expires_at: null },
      headers: { 'idempotency-key': 'once' },
    })
  wrong.clock.offsetMs = -72 * hourMs
  const first = await send(wrong.root)
  t.match(first, { status: 201, body: { token: String } })
  wrong.clock.offsetMs = 72 * hourMs
  await pruneIdempotentRequests(wrong.service.deps)
  for (const api of [wrong.root, right.root]) {
    const { id } = first.body.api_key
    t.match(await send(api), { status: 201, body: { token: null, api_key: { id } } })
  }
  wrong.clock.offsetMs = 0
})

t.test('a pepper is needed while a good key was made with it', async (t) => {
  const raw = await connectRaw(t, database.url)
  await raw.query(`insert into pepper (id, fingerprint, created_at) values ('p', '', now())`)
  const key = await newKey(right.root, await newAccount(right.root), { expires_at: inAnHour() })
  await raw.query(`update credential set pepper_id = 'p' where api_key_id = $1`, [key.id])
  t.match(await listPeppers(right.service.deps.db), [{ id: 'p', inUse: true }])
  await age(database.url, 2 * hourMs)
  t.match(await listPeppers(right.service.deps.db), [{ id: 'p', inUse: false }])
  await raw.query(`update credential set pepper_id = null; delete from pepper`)
})

/** A key with a name, a role and a list of its own, which expires in so many milliseconds. */
async function holdAll(lifeMs: number) {
  const { root } = right
  const account = await newAccount(root)
  const { body } = await root.get(`/v1/accounts/${account}`)
  const role = await newRole(root, account, 'reader', ['api_key:read'])
  const list = await newAllowList(root, account, [address])
  const key = await newKey(root, account, {
    name: 'held',
    role,
    allow_list_ids: [list],
    expires_at: new Date(Date.now() + lifeMs).toISOString(),
  })
  const other = await newKey(root, account, { name: 'other' })
  const held: Held = {
    account,
    project: body.account.project_id,
    name: 'held',
    role,
    list,
    other: other.id,
  }
  const asAdmin = (service: typeof right) => service.as(other.token)
  return { path: `/v1/accounts/${account}/api-keys/${key.id}`, token: key.token, held, asAdmin }
}

function inAnHour(): string {
  return new Date(Date.now() + hourMs).toISOString()
}

async function patch(api: Api, path: string, body: object): Promise<Answer> {
  const { headers } = await api.get(path)
  return api.call('PATCH', path, { body, headers: { 'if-match': String(headers.etag) } })
}
