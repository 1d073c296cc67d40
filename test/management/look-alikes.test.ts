/** Names that only look different are refused, or count as the same, wherever a name is given. */
import t from 'tap'
import { fillNameSkeletons } from '../../src/setup/fill-name-skeletons.ts'
import { age } from '../helpers/age.ts'
import type { Answer, Api } from '../helpers/api.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { startTestService } from '../helpers/service.ts'
import vectors from '../vectors/names.json' with { type: 'json' }

const started = await startTestService(t)
const { root, service, database } = started
const raw = await connectRaw(t, database.url)
const aeon = '/api/public/v1/accounts'

/** What is created under a name, by either API. */
type Create = (at: Place, name: string) => Promise<Answer>
interface Place {
  readonly api: Api
  readonly account: string
  readonly project: string
  readonly viewer: string
}

const creating: Readonly<Record<string, Create>> = {
  'a key': ({ api, account }, name) =>
    api.post(`/v1/accounts/${account}/api-keys`, { name, role: 'viewer', expires_at: null }),
  'a role': ({ api, account }, name) =>
    api.post(`/v1/accounts/${account}/roles`, { name, permissions: ['cluster:read'] }),
  'a list': ({ api, account }, name) =>
    api.post(`/v1/accounts/${account}/allow-lists`, { name, entries: ['192.0.2.1'] }),
  'a key of Aeon': ({ api, account, viewer }, name) =>
    api.post(`${aeon}/${account}/api-keys`, {
      name,
      description: '',
      expire_after_hours: 0,
      role_id: viewer,
      allow_list_info: [],
    }),
  'a role of Aeon': ({ api, account }, name) =>
    api.post(`${aeon}/${account}/roles`, { name, description: '', permissions: clusterRead }),
  'a list of Aeon': ({ api, account, project }, name) =>
    api.post(`${aeon}/${account}/projects/${project}/allow-lists`, {
      name,
      description: '',
      allow_list: ['192.0.2.1'],
    }),
}
const clusterRead = [{ resource_type: 'CLUSTER', operation_groups: [{ operation_group: 'READ' }] }]

const refused = vectors.names.filter(({ fault }) => /invisible|unassigned/.test(fault ?? ''))

t.test('no name holds a character that is not seen', async (t) => {
  const at = await place()
  const others: Readonly<Record<string, Create>> = {
    'an account': ({ api }, name) => api.post('/v1/accounts', { name }),
    'a new account name': (_, name) => root.patch(`/v1/accounts/${at.account}`, { name }),
    'an acting user': ({ account }, name) =>
      root.call('GET', `/v1/accounts/${account}`, {
        headers: { 'x-acting-user': 'u', 'x-acting-user-name': encodeURIComponent(name) },
      }),
  }
  for (const [what, create] of Object.entries({ ...creating, ...others })) {
    for (const { text, fault } of refused) {
      const by = /account|user/.test(what) ? { ...at, api: root } : at
      const answer = await create(by, text)
      t.equal(answer.status, 400, `${what}: ${codePointsOf(text)}`)
      if (answer.body.errors) t.equal(answer.body.errors[0].rule, fault)
      t.match(answer.text, /U\+[0-9A-F]{4}/, 'and the character is named')
    }
  }
})

t.test('of names that look the same an account has one of each kind', async (t) => {
  for (const [what, create] of Object.entries(creating)) {
    const [at, another] = [await place(), await place()]
    for (const [first = '', ...others] of vectors.alike) {
      const made = await create(at, first)
      t.ok(made.status < 300, `${what}: ${codePointsOf(first)}`)
      for (const other of others) {
        const { status } = await create(at, other)
        const isRefused =
          refused.some(({ text }) => text === other) || /[\u200b\u00ad\u3164]/.test(other)
        t.equal(status, isRefused ? 400 : 409, `${what}: ${codePointsOf(other)}`)
      }
      t.ok((await create(another, first)).status < 300, 'in another account')
    }
  }
})

t.test('nothing is given a name that looks like another one', async (t) => {
  const { account } = await place()
  const { id } = await newKey(root, account, { name: 'mine' })
  await newKey(root, account, { name: 'prod' })
  const role = await newRole(root, account, 'mine', [])
  await newRole(root, account, 'ops', [])
  const list = await newAllowList(root, account, ['192.0.2.1'], 'mine')
  await newAllowList(root, account, ['192.0.2.1'], 'prod')
  const path = `/v1/accounts/${account}`
  const { headers } = await root.get(`${path}/api-keys/${id}`)
  const answers = [
    await root.call('PATCH', `${path}/api-keys/${id}`, {
      body: { name: 'pr\u043ed' },
      headers: { 'if-match': String(headers.etag) },
    }),
    await root.put(`${path}/roles/${role}`, {
      name: '\u041eps',
      description: '',
      permissions: [],
    }),
    await root.patch(`${path}/allow-lists/${list}`, { name: 'pr\u043ed' }),
  ]
  for (const answer of answers) {
    const errors = [{ field: '/name', rule: 'looks_taken' }]
    t.match(answer, { status: 409, body: { code: 'name_taken', errors } })
  }
})

t.test('no role looks like a built-in one, which is found by its own name only', async (t) => {
  const at = await place()
  for (const [name, like] of vectors.builtIn) {
    if (typeof like !== 'string') continue
    const answer = await creating['a role']?.(at, name ?? '')
    t.equal(answer?.status, 400, codePointsOf(name ?? ''))
    t.equal(answer?.body.errors[0].rule, 'looks_like_built_in')
    const issued = await at.api.post(`/v1/accounts/${at.account}/api-keys`, {
      name: `of ${name}`,
      role: name,
      expires_at: null,
    })
    t.equal(issued.status, 400, 'nor is it found by that')
  }
})

t.test('of several at once whose names look the same one is made', async (t) => {
  const { rootToken } = started
  const idempotent = await startTestService(t, {
    database,
    rootToken,
    isolation: 'repeatable read',
  })
  const kinds = ['a key', 'a role', 'a list'].flatMap((what) => [
    { what, of: started },
    { what, of: idempotent },
  ])
  for (const { what, of } of kinds) {
    const at = { ...(await place()), api: of.root }
    const names = ['prod', 'pr\u043ed', '\u0440rod', '\uff50rod', 'pr\u03bfd']
    const answers = await Promise.all(names.map((name) => creating[what]?.(at, name)))
    t.same(answers.map((answer) => answer?.status).sort(), [201, 409, 409, 409, 409], what)
  }
})

t.test('an expired key gives up its look with its name', async (t) => {
  const { account } = await place()
  const soon = new Date(Date.now() + 60_000).toISOString()
  await newKey(root, account, { name: 'prod', expires_at: soon })
  const body = { name: 'pr\u043ed', role: 'viewer', expires_at: null }
  t.equal((await root.post(`/v1/accounts/${account}/api-keys`, body)).status, 409)
  await age(database.url, 61_000)
  t.equal((await root.post(`/v1/accounts/${account}/api-keys`, body)).status, 201)
})

t.test('names of the version before stay, and count from then on', async (t) => {
  const at = await place()
  const path = `/v1/accounts/${at.account}/api-keys`
  const one = await newKey(root, at.account, { name: 'one' })
  const other = await newKey(root, at.account, { name: 'other' })
  // As that version renames: it knows no skeleton.
  await raw.query(`update api_key set name = 'prod' where id = $1`, [one.id])
  await raw.query(`update api_key set name = 'pr\u043ed' where id = $1`, [other.id])
  t.equal(await fillNameSkeletons(service.deps.db), 1, 'the later of the two has none')
  t.equal(await fillNameSkeletons(service.deps.db), 1, 'and is looked at again')
  t.match(await creating['a key']?.(at, '\u0440rod'), { status: 409 })
  t.equal((await creating['a key']?.(at, 'other'))?.status, 201, 'the name before is free')
  for (const { id } of [one, other]) {
    const { headers } = await root.get(`${path}/${id}`)
    const changed = await root.call('PATCH', `${path}/${id}`, {
      body: { description: 'x' },
      headers: { 'if-match': String(headers.etag) },
    })
    t.equal(changed.status, 200, 'all else of both can be changed')
  }
  await root.post(`${path}/${one.id}/revoke`)
  t.equal(await fillNameSkeletons(service.deps.db), 0, 'the other has it after that')
  t.match(await creating['a key']?.(at, 'prod'), { status: 409 })
})

/** An account of its own, and its admin. */
async function place(): Promise<Place> {
  const account = await newAccount(root)
  const { body } = await root.get(`/v1/accounts/${account}`)
  const { token } = await newKey(root, account, { name: 'console' })
  const roles = (await root.get(`/v1/accounts/${account}/roles`)).body.roles
  return {
    api: started.as(token),
    account,
    project: body.account.project_id,
    viewer: roles.find(({ name }: { name: string }) => name === 'viewer').id,
  }
}

/** Test names hold printable ASCII only. */
function codePointsOf(text: string): string {
  return [...text].map((one) => (one.codePointAt(0) ?? 0).toString(16)).join(' ')
}
