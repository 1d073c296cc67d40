/** RFC 9110, section 13: what a client has read already is not sent again. */
import t, { type Test, test } from 'tap'
import { type Api, createApi } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newInvitation, newKey, newRole } from '../helpers/fixtures.ts'
import { writeOidcFile } from '../helpers/oidc-file.ts'
import { signInAs, testProvider } from '../helpers/people.ts'
import { parseRoute, routesOf } from '../helpers/routes.ts'
import type { TestService } from '../helpers/service.ts'
import { shareService } from '../helpers/share-service.ts'

const settings = { OIDC_FILE: await writeOidcFile(t, [testProvider]) }
const shared = shareService(t, await startCheckedService(t, { settings }))

test('the ETag of a key changes whenever its body does, and answers conditional reads', async (t) => {
  const { root, as, clock } = shared
  const account = await newAccount(root)
  const keys = `/v1/accounts/${account}/api-keys`
  const role = await newRole(root, account, 'before', ['api_key:read'])
  const expiresAt = new Date(Date.now() + 60_000).toISOString()
  const { id, token } = await newKey(root, account, { role, expires_at: expiresAt })
  const reads: readonly (readonly [Api, string])[] = [
    [root, `${keys}/${id}`],
    [root, `/v1/api-keys/${id}`],
    [as(token), `${keys}/${id}`],
    [as(token), '/v1/me'],
  ]
  const read = (api: Api, path: string, tags: string) =>
    api.call('GET', path, { headers: { 'if-none-match': tags } })

  await t.test('If-None-Match with the ETag is 304, without a body', async (t) => {
    for (const [api, path] of reads) {
      const full = await api.get(path)
      const tag = String(full.headers.etag)
      for (const tags of [tag, `W/${tag}`, '*', `"other", ,${tag}`, `,, ${tag},`]) {
        const answer = await read(api, path, tags)
        t.same([answer.status, answer.text, answer.headers.etag], [304, '', tag], `${path} ${tags}`)
        const head = await api.call('HEAD', path, { headers: { 'if-none-match': tags } })
        t.equal(head.status, 304)
        // RFC 9110, section 8.6: it would be that of the answer 200.
        t.equal(head.headers['content-length'], undefined, path)
      }
      for (const tags of ['"other"', tag.slice(1, -1), ', ,', '']) {
        const answer = await read(api, path, tags)
        t.same([answer.status, answer.body], [200, full.body], `${path} ${tags}`)
      }
    }
  })

  await t.test('a name of its role and an expiry change the ETag', async (t) => {
    const changes = [
      () =>
        root.put(`/v1/accounts/${account}/roles/${role}`, {
          name: 'after',
          permissions: ['api_key:read'],
        }),
      async () => {
        clock.offsetMs += 120_000
      },
    ]
    for (const change of changes) {
      const before = await Promise.all(reads.slice(0, 2).map(([api, path]) => api.get(path)))
      await change()
      for (const [index, [api, path]] of reads.slice(0, 2).entries()) {
        const tag = String(before[index]?.headers.etag)
        const answer = await read(api, path, tag)
        t.equal(answer.status, 200, path)
        t.not(answer.headers.etag, tag)
        t.strictNotSame(answer.body, before[index]?.body)
      }
    }
  })

  await t.test('If-Match compares the last change, and ignores empty elements', async (t) => {
    const other = (await newKey(root, account)).id
    const path = `${keys}/${other}`
    const patch = (ifMatch: string) =>
      root.call('PATCH', path, { body: {}, headers: { 'if-match': ifMatch } })
    const tag = String((await root.get(path)).headers.etag)
    const version = `"${tag.slice(1).replace(/-.*/s, '')}"`
    for (const given of [tag, version, `"zz",,${tag}`, `, ,${tag} ,`, '*']) {
      t.equal((await patch(given)).status, 200, given)
    }
    const readIf = (ifMatch: string) =>
      root.call('GET', path, { headers: { 'if-match': ifMatch, 'if-none-match': tag } })
    t.equal((await readIf(tag)).status, 304, 'If-Match is judged first')
    for (const given of ['"zz"', `W/${tag}`, '"zz",,W/"0"']) {
      t.equal((await patch(given)).status, 412, given)
      t.equal((await readIf(given)).status, 412, `a read, ${given}`)
    }
    for (const given of ['', ',', tag.slice(1), `${tag} ${tag}`, `'${tag}'`]) {
      t.equal((await patch(given)).status, 400, JSON.stringify(given))
    }
  })
})

test('If-None-Match that names a key as it is stops its update', async (t) => {
  const { root } = shared
  const account = await newAccount(root)
  const path = `/v1/accounts/${account}/api-keys/${(await newKey(root, account)).id}`
  const tag = String((await root.get(path)).headers.etag)
  const patch = (given: string) =>
    root.call('PATCH', path, {
      body: { description: given },
      headers: { 'if-match': '*', 'if-none-match': given },
    })
  for (const given of ['*', tag, `"zz", W/${tag}`]) {
    t.equal((await patch(given)).status, 412, given)
  }
  t.equal((await root.get(path)).headers.etag, tag)
  t.equal((await patch('"zz"')).status, 200)
})

test('a change that changes nothing leaves the resource and the audit log alone', async (t) => {
  const { root } = shared
  const account = await newAccount(root)
  const at = `/v1/accounts/${account}`
  const list = `${at}/allow-lists/${await newAllowList(root, account, ['192.0.2.1'], 'office')}`
  const role = `${at}/roles/${await newRole(root, account, 'reader', ['cluster:read'])}`
  const keyId = (await newKey(root, account, { name: 'ci', metadata: { team: 'a' } })).id
  const key = `${at}/api-keys/${keyId}`
  const ifMatch = { headers: { 'if-match': '*' } }
  const state = async () => {
    const seen = await Promise.all([list, role, key, at].map((path) => root.get(path)))
    const events = await root.get(`${at}/audit-events`)
    return [...seen.map(({ body, headers }) => [body, headers.etag]), events.body]
  }
  const before = await state()
  const same = [
    await root.patch(list, {}),
    await root.patch(list, { name: 'office', entries: ['192.0.2.1'] }),
    await root.put(role, { name: 'reader', permissions: ['cluster:read', 'cluster:read'] }),
    await root.call('PATCH', key, { body: {}, ...ifMatch }),
    await root.call('PATCH', key, { body: { name: 'ci', metadata: { team: 'a' } }, ...ifMatch }),
    await root.patch(at, { name: (await root.get(at)).body.account.name }),
  ]
  for (const { status } of same) t.equal(status, 200)
  t.equal(same[0]?.body.receipt.state, 'complete')
  t.same(await state(), before)
})

test('every answer of JSON to GET has an ETag of its bytes, and answers conditional reads', async (t) => {
  const reads = /^GET \/v1\/(?!forward-auth$|session(?:\/|$)|.*\/export$)/
  await readTwice(t, shared, reads, 17)
})

test('the root and the OAuth metadata answer conditional reads', async (t) => {
  const { as } = await startCheckedService(t, { settings: { PUBLIC_URL: 'https://a.example' } })
  for (const path of ['/', '/.well-known/oauth-authorization-server']) {
    const read = (headers: Record<string, string>) =>
      as(undefined).call('GET', path, { headers: { accept: 'application/json', ...headers } })
    const first = await read({})
    const tag = String(first.headers.etag)
    t.match(tag, /^"[\w-]{22}"$/, path)
    t.equal(first.headers['cache-control'], 'no-cache')
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await read({ 'if-none-match': known })
      t.same([again.status, again.text], [304, ''], `${path} ${known}`)
    }
    t.same((await read({ 'if-none-match': '"other"' })).body, first.body)
    t.equal((await read({ 'if-match': '"other"' })).status, 412)
  }
})

test('every answer of the Aeon API to GET has an ETag of its bytes', async (t) => {
  // The document of the native API does not describe these answers.
  const as = (token: string | undefined) => createApi(shared.service.app, shared.canaries, token)
  const unchecked = { ...shared, as, root: as(shared.rootToken) }
  await readTwice(t, unchecked, /^GET \/api\/public\/v1\//, 10)
})

/** Reads every path of the routes, with and without conditions. */
async function readTwice(
  t: Test,
  { service, root, as, canaries }: TestService,
  routes: RegExp,
  least: number,
): Promise<void> {
  const account = await newAccount(root)
  const mapped = [{ accountId: account, role: 'viewer' }]
  const ids: Readonly<Record<string, string>> = {
    roles: await newRole(root, account, 'reader', ['cluster:read']),
    'allow-lists': await newAllowList(root, account, ['192.0.2.1'], 'office'),
    'api-keys': (await newKey(root, account)).id,
    invitations: (await newInvitation(root, account)).id,
    users: (await signInAs({ service, as, canaries }, 'ada', mapped)).userId,
  }
  const admin = as((await newKey(root, account)).token)
  const disabled = await root.post(`/v1/accounts/${account}/api-keys/${ids['api-keys']}/disable`)
  const { receipt } = disabled.body
  const { project_id: project } = (await root.get(`/v1/accounts/${account}`)).body.account
  const fill = (path: string) =>
    path
      .replace(':account_id', account)
      .replace(/([\w-]+)\/:id/, (_, kind: string) => `${kind}/${ids[kind]}`)
      .replace(':project_id', project)
      .replace(':number', '1')
      .replace(/:revision$/, `${receipt.revision}?id=${receipt.id}`)
  const paths = routesOf(service.app)
    .filter((route) => routes.test(route))
    .map((route) => route.slice('GET '.length))
  t.ok(paths.length >= least, `${paths.length} routes`)
  for (const path of paths) {
    const api = path.startsWith('/api/') ? admin : root
    const read = (headers: Record<string, string>) => api.call('GET', fill(path), { headers })
    const first = await read({})
    t.equal(first.status, 200, `${path}: ${first.text}`)
    const tag = String(first.headers.etag)
    t.match(tag, /^"[\w.-]{16,}"$/, path)
    const again = await read({})
    t.equal(again.headers.etag === tag, again.text === first.text, `${path}: tag and body`)
    const known = await read({ 'if-none-match': `"other", W/${again.headers.etag}` })
    t.ok(known.status === 304 || known.text !== again.text, path)
    for (const method of ['GET', 'HEAD'] as const) {
      const any = await api.call(method, fill(path), { headers: { 'if-none-match': '*' } })
      t.same([any.status, any.text], [304, ''], `${method} ${path}`)
      t.same([any.headers['content-type'], any.headers['content-length']], [undefined, undefined])
      t.equal(any.headers['cache-control'], 'private, no-cache', path)
    }
    t.equal((await read({ 'if-match': '"other"' })).status, 412, path)
    t.equal((await read({ 'if-match': `W/${tag}` })).status, 412, `${path}: a weak tag`)
    t.equal((await read({ 'if-match': '*' })).status, 200, path)
  }
}

test('the ETag of a role, an allow list and an account changes with what they say', async (t) => {
  const { root } = shared
  const account = await newAccount(root)
  const at = `/v1/accounts/${account}`
  const role = await newRole(root, account, 'reader', ['cluster:read'])
  const list = await newAllowList(root, account, ['192.0.2.1'], 'office')
  const issue = () => newKey(root, account, { role, allow_list_ids: [list] })
  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    [`${at}/roles/${role}`, () => root.put(`${at}/roles/${role}`, { name: 'b', permissions: [] })],
    [`${at}/roles/${role}`, issue],
    [`${at}/allow-lists/${list}`, () => root.patch(`${at}/allow-lists/${list}`, { name: 'b' })],
    [`${at}/allow-lists/${list}`, issue],
    [at, () => root.patch(at, { name: 'another name' })],
  ]
  for (const [path, change] of changes) {
    const before = await root.get(path)
    await change()
    const headers = { 'if-none-match': String(before.headers.etag) }
    const after = await root.call('GET', path, { headers })
    t.equal(after.status, 200, path)
    t.not(after.headers.etag, before.headers.etag, path)
  }
})

test('If-Match guards the update of a role, an allow list and an account', async (t) => {
  const { root } = shared
  const account = await newAccount(root)
  const at = `/v1/accounts/${account}`
  const role = await newRole(root, account, 'reader', ['cluster:read'])
  const list = await newAllowList(root, account, ['192.0.2.1'], 'office')
  const updates = [
    ['PUT', `${at}/roles/${role}`, { permissions: ['cluster:read'] }],
    ['PATCH', `${at}/allow-lists/${list}`, {}],
    ['PATCH', at, {}],
  ] as const
  for (const [method, path, body] of updates) {
    const update = (name: string, headers: Record<string, string>) =>
      root.call(method, path, { body: { ...body, name }, headers })
    const tagNow = async () => String((await root.get(path)).headers.etag)
    const tag = await tagNow()
    await newKey(root, account, { role, allow_list_ids: [list] })
    if (path !== at) t.not(await tagNow(), tag, 'the answer counts the keys')
    t.equal((await update('second', { 'if-match': tag })).status, 200, 'which no update changes')
    const late = await update('third', { 'if-match': tag })
    t.equal(late.status, 412, path)
    t.match(late.body.detail, /^The (role|allow list|account) has changed since the ETag/)
    for (const given of ['"zz"', `W/${await tagNow()}`]) {
      t.equal((await update('third', { 'if-match': given })).status, 412, given)
    }
    t.equal((await update('third', { 'if-match': 'zz' })).status, 400)
    t.equal((await update('third', { 'if-none-match': await tagNow() })).status, 412)
    t.match((await root.get(path)).text, '"second"', 'nothing has changed it')
    t.equal((await update('third', { 'if-match': '*' })).status, 200)
    t.equal((await update('fourth', {})).status, 200, 'the header is optional')

    const both = await tagNow()
    const race = ['fifth', 'sixth'].map((name) => update(name, { 'if-match': both }))
    const statuses = (await Promise.all(race)).map(({ status }) => status)
    t.same(statuses.toSorted(), [200, 412], 'one of two writers that have read the same')
  }
})

test('If-Match and If-None-Match guard the deletion of a role and of an allow list', async (t) => {
  const { root } = shared
  const account = await newAccount(root)
  const at = `/v1/accounts/${account}`
  const role = `${at}/roles/${await newRole(root, account, 'reader', ['cluster:read'])}`
  const list = `${at}/allow-lists/${await newAllowList(root, account, ['192.0.2.1'], 'office')}`
  const changes = [
    [role, () => root.put(role, { name: 'b', permissions: [] })],
    [list, () => root.patch(list, { name: 'b' })],
  ] as const
  for (const [path, change] of changes) {
    const remove = (headers: Record<string, string>) => root.call('DELETE', path, { headers })
    const tagNow = async () => String((await root.get(path)).headers.etag)
    const stale = await tagNow()
    await change()
    const current = await tagNow()
    for (const headers of [
      { 'if-match': stale },
      { 'if-match': `W/${current}` },
      { 'if-none-match': current },
      { 'if-none-match': '*' },
    ]) {
      t.match(await remove(headers), { status: 412, body: { code: 'precondition_failed' } }, path)
    }
    t.equal((await remove({ 'if-match': 'zz' })).status, 400)
    t.equal((await remove({ 'if-match': current, 'if-none-match': stale })).status, 204, path)
  }
})

test('no operation that changes something ignores If-Match and If-None-Match', async (t) => {
  const { service, root, canaries } = shared
  const account = await newAccount(root)
  // The document of the native API does not describe the answers of Aeon's.
  const admin = createApi(service.app, canaries, (await newKey(root, account)).token)
  const { project_id: project } = (await root.get(`/v1/accounts/${account}`)).body.account
  const compares =
    /^(?:(?:PATCH|DELETE|PUT) \/v1\/accounts\/:account_id(?:\/(?:api-keys|roles|allow-lists)\/:id)?)$/
  const routes = routesOf(service.app)
    .filter((route) => /^(?:POST|PUT|PATCH|DELETE) \/(?:v1|api\/public\/v1)\//.test(route))
    // Verifications have no condition, and forward-auth gets the headers of other requests.
    .filter((route) => !/ \/v1\/(?:verify|forward-auth|session)/.test(route))
  t.ok(routes.length > 30, `${routes.length} routes`)
  for (const route of routes) {
    const { method, path } = parseRoute(route)
    const api = path.startsWith('/api/') ? admin : root
    const filled = path
      .replace(':account_id', account)
      .replace(':project_id', project)
      .replace(/:\w+/g, '0190c3a4-0000-7000-8000-000000000000')
    for (const name of ['if-match', 'if-none-match']) {
      const { status, text } = await api.call(method, filled, { headers: { [name]: '"x"' } })
      if (compares.test(route)) t.not(status, 204, route)
      else {
        t.equal(status, 400, `${route}: ${text}`)
        t.match(text, /compares no entity tag/, route)
      }
    }
  }
})
