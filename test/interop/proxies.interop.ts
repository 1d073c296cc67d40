/**
 * Real proxies in front of the real service, configured as docs/integrations shows. A proxy that is
 * not installed is named on a line and skipped, unless INTEROP=required.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { Api } from '../helpers/api.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { type IssuedKey, newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { startDatabaseProxy } from '../helpers/proxy.ts'
import { type RawRequest, sendRaw } from '../helpers/raw-request.ts'
import { startTestService } from '../helpers/service.ts'
import { type Echo, startEchoApp } from './echo-app.ts'
import { type ProxyKind, proxyKinds, runProxy } from './proxies.ts'

const home = '127.0.0.2'
const stranger = '127.0.0.3'
const realm = 'Bearer realm="aeon-keys"'
const requests = 1_000
const maxSockets = 8

const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-interop-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))

for (const kind of proxyKinds) {
  const version = await versionOf(kind)
  if (version === undefined && process.env.INTEROP !== 'required') {
    t.comment(`${kind.name} is not installed: not tried`)
    continue
  }
  t.test(`${kind.name} (${version}) protects an application as documented`, (t) =>
    tellStory(t, kind),
  )
}
t.pass('the proxies that are here were tried')

async function tellStory(t: Test, kind: ProxyKind): Promise<void> {
  const { ask, keys, app, service, way } = await startBehind(t, kind)

  await t.test(
    'the proxy forwards a request with a valid key and names its holder to the application',
    async (t) => {
      const body = 'a body of the client'
      const answer = await ask(keys.good.token, {
        method: 'POST',
        path: '/things/1?permission=nonsense&account_id=x',
        headers: ['Content-Type', 'text/plain', 'Content-Length', String(body.length)],
        body,
      })
      t.equal(answer.status, 200, answer.text)
      const echo: Echo = answer.body
      t.same(
        [echo.method, echo.path, echo.body],
        ['POST', '/things/1?permission=nonsense&account_id=x', body],
      )
      t.match(echo.headers, identityOf(keys.good))
      t.equal(echo.headers.authorization, undefined, 'the token goes no further')
      t.equal(echo.headers['x-verifier-authorization'], undefined, "nor does the proxy's own")
    },
  )

  await t.test('the proxy stops a denied request before the application', async (t) => {
    const before = app.seen.requests
    for (const token of [undefined, 'nonsense', `${keys.good.token.slice(0, -11)}00000000000`]) {
      const answer = await ask(token)
      t.equal(answer.status, 401)
      const challenge = token === undefined ? realm : `${realm}, error="invalid_token"`
      t.equal(answer.headers['www-authenticate'], challenge)
    }
    t.equal((await ask(keys.revoked.token)).status, 401, 'revoked')
    const lacking = await ask(keys.powerless.token)
    t.equal(lacking.status, 403, 'no permission')
    if (kind.tellsScope) {
      t.equal(
        lacking.headers['www-authenticate'],
        `${realm}, error="insufficient_scope", scope="cluster:read"`,
      )
    }
    t.equal((await ask(keys.restricted.token, { from: stranger })).status, 401, 'wrong address')
    t.equal(app.seen.requests, before)
    t.equal((await ask(keys.restricted.token, { from: home })).status, 200, 'the right address')
  })

  await t.test('a client gains nothing by sending identity or proxy headers', async (t) => {
    const forged = [
      ...[
        'X-Key-Id',
        'forged',
        'x-key-id',
        'forged',
        'X-KEY-NAME',
        'forged',
        'X-Key-Role',
        'admin',
      ],
      ...['X-Key-Permissions', 'cluster:delete', 'X-Account-Id', 'forged', 'X-Key-Other', 'forged'],
    ]
    const { headers } = (await ask(keys.good.token, { headers: forged })).body as Echo
    t.match(headers, identityOf(keys.good))
    t.notMatch(
      JSON.stringify(Object.entries(headers).filter(([name]) => name !== 'x-key-other')),
      'forged',
    )

    const smuggled: readonly (readonly string[])[] = [
      ['X-Forwarded-For', home],
      ['x-forwarded-for', home, 'X-Forwarded-For', home],
      ['Forwarded', `for=${home}`],
      ['X-Forwarded-For', home, 'Forwarded', `for=${home}`],
      ['X-Real-IP', home, 'X-Client-IP', home, 'True-Client-IP', home],
      ['Connection', 'X-Forwarded-For, X-Verifier-Authorization', 'X-Forwarded-For', home],
      ['X-Forwarded-Host', home, 'X-Original-URI', '/v1/forward-auth', 'X-Forwarded-Uri', '/'],
    ]
    for (const headers of smuggled) {
      const sent = { headers, from: stranger }
      t.equal((await ask(keys.restricted.token, sent)).status, 401, headers.join(' '))
    }
    const proof = ['X-Verifier-Authorization', `Bearer ${keys.good.token}`]
    t.equal((await ask('nonsense', { headers: proof })).status, 401, 'no proof of a client counts')
    const doubled = ['Authorization', `Bearer ${keys.good.token}`]
    const { status } = await ask('nonsense', { headers: doubled })
    t.ok(status === 400 || status === 401, `of two tokens none counts: ${status}`)
    t.equal(
      (await ask(keys.restricted.token, { from: home, headers: ['Forwarded', 'for=1.1.1.1'] }))
        .status,
      200,
      'nor does it harm whoever is let through',
    )
    const dropping = [
      'Connection',
      'X-Key-Id, X-Key-Permissions, X-Account-Id',
      'X-Key-Id',
      'forged',
    ]
    const dropped = await ask(keys.good.token, { headers: dropping })
    t.notMatch(dropped.text, 'forged', 'nor does a client drop what the proxy adds')
    if (dropped.status !== 400) t.match(dropped.body.headers, identityOf(keys.good))
  })

  await t.test(`the proxy reuses its connections over ${requests} requests`, async (t) => {
    const agent = new Agent({ keepAlive: true, maxSockets })
    const before = { ...app.seen, service: service.connections }
    const tokens = [keys.good, keys.powerless, keys.restricted].map(({ token }) => token)
    const statuses = await Promise.all(
      Array.from({ length: requests }, (_, index) =>
        ask(tokens[index % tokens.length], { agent, from: home }).then(({ status }) => status),
      ),
    )
    agent.destroy()
    const expected = Array.from({ length: requests }, (_, index) => [200, 403, 200][index % 3])
    t.same(statuses, expected)
    const made = service.connections - before.service
    if (kind.keepsConnections) t.ok(made <= 5 * maxSockets, `${made} connections to the service`)
    t.ok(app.seen.connections - before.connections <= 5 * maxSockets)
  })

  await t.test('the proxy answers an outage differently from a denial', async (t) => {
    const before = app.seen.requests
    way.cut()
    t.equal((await ask(keys.cold.token)).status, kind.outage.undecided, 'nothing was decided')
    way.restore()
    t.equal((await ask(keys.cold.token)).status, 200, 'and then it was')
    await service.stop()
    t.equal((await ask(keys.good.token)).status, kind.outage.away, 'nobody answers')
    t.equal(app.seen.requests, before + 1)
  })
}

/** The proxy with a service and an application behind it, and keys of every kind. */
async function startBehind(t: Test, kind: ProxyKind) {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const way = await startDatabaseProxy(database.url)
  t.teardown(() => way.close())
  const app = await startEchoApp()
  t.teardown(() => app.close())
  const started = await startTestService(t, {
    database: { ...database, url: way.url },
    settings: {
      TRUSTED_PROXIES: '127.0.0.1',
      DATABASE_CONNECT_TIMEOUT_MS: '500',
      DATABASE_STATEMENT_TIMEOUT_MS: '500',
    },
  })
  const service = { connections: 0, stop: started.stop }
  started.service.app.server.on('connection', () => {
    service.connections += 1
  })
  const { host } = new URL(await started.service.app.listen({ host: '127.0.0.1', port: 0 }))
  const keys = await issueKeys(started.root)
  const around = {
    folder: join(folder, kind.name),
    service: host,
    app: app.address,
    verifierToken: keys.verifier.token,
  }
  const proxy = await runProxy(kind, around)
  t.teardown(() => proxy.stop())
  const ask = (
    token: string | undefined,
    { path = '/', headers = [], ...request }: RawRequest & { readonly path?: string } = {},
  ) =>
    sendRaw(proxy.url + path, {
      from: home,
      ...request,
      headers: [...(token === undefined ? [] : ['Authorization', `Bearer ${token}`]), ...headers],
    })
  return { ask, keys, app, service, way }
}

async function issueKeys(root: Api) {
  const account = await newAccount(root)
  const platform: string = (await root.get('/v1/me')).body.api_key.account_id
  const role = await newRole(root, account, 'r\u00f4le', ['cluster:read'])
  const list = await newAllowList(root, account, [home])
  const restricted = await newKey(root, account, { role, allow_list_ids: [list] })
  const revoked = await newKey(root, account, { role })
  await root.post(`/v1/accounts/${account}/api-keys/${revoked.id}/revoke`, {})
  return {
    good: await newKey(root, account, { name: 'd\u00e9ploy, \u{1f511}', role }),
    powerless: await newKey(root, account, { role: await newRole(root, account, 'none', []) }),
    restricted,
    revoked,
    cold: await newKey(root, account, { role }),
    verifier: await newKey(root, platform, { role: 'verifier' }),
  }
}

/** The headers that name a key to the application, each exactly once. */
function identityOf(key: IssuedKey) {
  return {
    'x-key-id': [key.id],
    'x-account-id': [key.body.account_id],
    'x-key-name': [encodeURIComponent(key.body.name)],
    'x-key-role': [encodeURIComponent(key.body.role.name)],
    'x-key-permissions': ['cluster:read'],
  }
}

async function versionOf({ version }: ProxyKind): Promise<string | undefined> {
  const [command, ...args] = version
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args)
    return /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0]
  } catch {
    return undefined
  }
}
