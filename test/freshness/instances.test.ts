import { hash as digestOf } from 'node:crypto'
import t, { type Test } from 'tap'
import { noUsage } from '../../src/domain/key/usage-counts.ts'
import { EMPTY_ADDRESS_SET } from '../../src/domain/network/address-set.ts'
import { formatToken } from '../../src/domain/token/token.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import { createLog } from '../../src/process/log.ts'
import { createService } from '../../src/process/service.ts'
import { loadSettings } from '../../src/settings/load-settings.ts'
import { toFound } from '../../src/store/credential-rows.ts'
import { findCredentials } from '../../src/store/credentials.ts'
import type { Answer, Api } from '../helpers/api.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw, heat, pollsTooLate, registered, startInstances } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import type { TestService } from '../helpers/service.ts'
import { watchTurns } from '../helpers/turns.ts'
import { until } from '../helpers/until.ts'

const office = '203.0.113.7'

const feeds = {
  notify: { CHANGE_FEED: 'notify', ...pollsTooLate },
  poll: { CHANGE_FEED: 'poll', POLL_INTERVAL_MS: '20' },
}

t.test('a service that fails to start leaves no instance row behind', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const raw = await connectRaw(t, database.url)
  const creating = createService({
    ...(await loadSettings({})),
    connection: database.url,
    log: createLog('silent'),
    collectMetrics: () => {
      throw new Error('no metrics today')
    },
  })
  await t.rejects(creating, { message: 'no metrics today' })
  t.same(await registered(raw), [])
  await until(async () => {
    await raw.query('select pg_stat_clear_snapshot()')
    const { rows } = await raw.query(
      `select application_name from pg_stat_activity
       where datname = current_database() and application_name like 'aeon-keys%'`,
    )
    return rows.length === 0
  })
})

for (const [feed, settings] of Object.entries(feeds)) {
  t.test(
    `with ${feed}, once a receipt is complete every instance has applied the change`,
    async (t) => {
      const { raw, services } = await startInstances(t, settings)
      const [{ root }] = services
      const account = await newAccount(root)

      t.test(
        'a complete receipt means that every instance denies the revoked key, hot or cold',
        async (t) => {
          for (const isHot of [true, false]) {
            const key = await newKey(root, account)
            if (isHot) await heatAll(services, key.token)
            requireComplete(t, await act(root, account, key.id, 'revoke'))
            await verdicts(t, services, key.token, { valid: false, reason: 'revoked' })
          }
        },
      )

      t.test(
        'a complete receipt means that every instance knows a key disabled or enabled',
        async (t) => {
          const key = await newKey(root, account)
          await heatAll(services, key.token)
          for (const { root } of services) {
            requireComplete(t, await act(root, account, key.id, 'disable'))
            await verdicts(t, services, key.token, { valid: false, reason: 'disabled' })
            requireComplete(t, await act(root, account, key.id, 'enable'))
            await verdicts(t, services, key.token, { valid: true })
          }
        },
      )

      t.test(
        'a complete receipt means that every instance knows a permission taken from a role',
        async (t) => {
          const role = await newRole(root, account, 'r', ['cluster:read', 'backup:read'])
          const key = await newKey(root, account, { role })
          await heatAll(services, key.token)
          const attempt = { permissions: ['backup:read'] }
          await verdicts(t, services, key.token, { valid: true }, attempt)
          const body = { name: 'r', permissions: ['cluster:read'] }
          const put = await root.put(`/v1/accounts/${account}/roles/${role}?wait_ms=30000`, body)
          requireComplete(t, put)
          const denied = { valid: false, reason: 'insufficient_permissions' }
          await verdicts(t, services, key.token, denied, attempt)
        },
      )

      t.test(
        'a complete receipt means that every instance knows an address taken from a list',
        async (t) => {
          const list = await newAllowList(root, account, [office, '198.51.100.0/24'])
          const key = await newKey(root, account, { allow_list_ids: [list] })
          await heatAll(services, key.token)
          const attempt = { client_ip: office }
          await verdicts(t, services, key.token, { valid: true }, attempt)
          const path = `/v1/accounts/${account}/allow-lists/${list}?wait_ms=30000`
          requireComplete(t, await root.patch(path, { entries: ['198.51.100.0/24'] }))
          const denied = { valid: false, reason: 'address_not_allowed' }
          await verdicts(t, services, key.token, denied, attempt)
        },
      )

      t.test(
        'concurrent revocations through several instances deny only the revoked keys',
        async (t) => {
          const keys = await Promise.all(Array.from({ length: 12 }, () => newKey(root, account)))
          for (const { token } of keys) await heatAll(services, token)
          await Promise.all(
            keys.map(async ({ id, token }, index) => {
              const service = services[index % services.length]
              if (service === undefined || index % 4 === 3) return
              requireComplete(t, await act(service.root, account, id, 'revoke'))
              await verdicts(t, services, token, { valid: false, reason: 'revoked' })
            }),
          )
          for (const { token } of keys.filter((_, index) => index % 4 === 3)) {
            await verdicts(t, services, token, { valid: true })
          }
        },
      )

      t.equal((await raw.query('select from instance')).rowCount, services.length)
    },
  )
}

t.test(
  'a role edit affecting 10,000 keys is one change and does not block the event loop',
  async (t) => {
    const count = 10_000
    const { raw, services } = await startInstances(t)
    const [{ root, service }] = services
    const { deps } = service
    const account = await newAccount(root)
    const role = await newRole(root, account, 'r', ['cluster:read', 'backup:read'])
    const secret = deps.randomBytes(32)
    const tagKey = deps.keyring.signing
    const tokens = Array.from({ length: count }, () => {
      const keyId = uuidV7(Date.now(), deps.randomBytes(10))
      const token = formatToken({ prefix: 'aeon', keyId, secret, tagKey })
      return { keyId, text: token.text, tag: token.tag, secret: token.secret }
    })
    const hashed = await deps.hasher.hash(account, tokens[0]?.secret ?? '')
    await raw.query(
      `insert into api_key (id, account_id, name, description, role_id, reach, token_prefix,
       created_at, created_by_kind, live)
     select id, $2, id::text, '', $3, 'anywhere', 'aeon', now(), 'system', true
     from unnest($1::uuid[]) as id`,
      [tokens.map((token) => token.keyId), account, role],
    )
    await raw.query(
      `insert into credential (api_key_id, generation, tag, tag_key_id, hash, hash_profile, created_at, first_used_at)
     select id, 1, tag, $3, $4, $5, now(), now() from unnest($1::uuid[], $2::text[]) as one (id, tag)`,
      [
        tokens.map((token) => token.keyId),
        tokens.map((token) => token.tag),
        tagKey.id,
        hashed.hash,
        hashed.hashProfile,
      ],
    )
    const names = tokens.map(({ keyId, tag }) => ({ apiKeyId: keyId, tag }))
    for (const { service } of services) {
      const { cache, db } = service.deps
      const { epoch } = cache
      for (const [index, found] of (await findCredentials(db, names)).entries()) {
        const token = tokens[index]
        if (found === undefined || token === undefined) throw new Error('a key is missing')
        const { facts, credential } = toFound(found, EMPTY_ADDRESS_SET)
        const entry = {
          facts,
          hash: credential.hash,
          isUsed: true,
          retiresOlder: false,
          uses: noUsage(facts, credential.keyCreatedAt),
          epoch,
        }
        cache.put(digestOf('sha256', token.text, 'base64url'), entry)
      }
      t.ok(cache.size >= count, 'every instance holds them all')
    }
    const sample = tokens.filter((_, index) => index % 1_000 === 0)
    for (const { text } of sample) await heatAll(services, text)
    const { rows } = await raw.query('select value from revision')

    const turns = watchTurns()
    const body = { name: 'r', permissions: ['cluster:read'] }
    const put = await root.put(`/v1/accounts/${account}/roles/${role}?wait_ms=30000`, body)
    const longestMs = turns.end()
    requireComplete(t, put)
    t.equal(put.body.receipt.acknowledged, services.length)
    const changes = await raw.query('select kind, subject from change where revision > $1', [
      rows[0]?.value,
    ])
    t.same(changes.rows, [{ kind: 'account', subject: account }], 'it is one row')
    t.ok(longestMs < 500, `no turn of the event loop took ${longestMs} ms of CPU time`)

    const completed = services.map(({ service }) => service.deps.hasher.queue.completed)
    const attempt = { permissions: ['backup:read'] }
    const denied = { valid: false, reason: 'insufficient_permissions' }
    for (const { text } of sample) await verdicts(t, services, text, denied, attempt)
    t.same(
      services.map(({ service }) => service.deps.hasher.queue.completed),
      completed,
      'and to look again cost no Argon2',
    )
  },
)

t.test(
  'an instance that has not heard of a revocation commits nothing for the revoked key',
  async (t) => {
    // The others hear of nothing before they ask.
    const withoutChanges = { CHANGE_FEED: 'poll', ...pollsTooLate }
    const { raw, services } = await startInstances(t, withoutChanges)
    const [here, there] = services
    const account = await newAccount(here.root)
    const victim = await newKey(here.root, account)
    const role = await newRole(here.root, account, 'r', ['cluster:read'])
    const list = await newAllowList(here.root, account, ['10.0.0.0/8'])
    const platform = await platformAccountOf(here.root)
    // No instance has a lease before all know of it, and each follows once when it is asked for a
    // receipt.
    await until(async () => {
      for (const { root } of services) await act(root, account, victim.id, 'enable', 0)
      return (await there.root.get('/readyz')).body.lease === 'held'
    })

    t.test(
      'a revoked key changes nothing through an instance that still has it cached',
      async (t) => {
        const author = await newKey(here.root, account)
        const operator = await newKey(here.root, platform)
        for (const { token } of [author, operator]) await heat(there, token)
        const before = await countsOf(raw)
        for (const [of, { id }] of [
          [account, author],
          [platform, operator],
        ] as const) {
          const { body } = await act(here.root, of, id, 'revoke', 0)
          t.equal(body.receipt.state, 'pending')
        }
        await verdicts(t, [there], author.token, { valid: true })
        const path = `/v1/accounts/${account}`
        const tenant = there.as(author.token)
        const answers = await Promise.all([
          tenant.post(`${path}/api-keys`, { name: 'late', role: 'viewer', expires_at: null }),
          ...['revoke', 'disable', 'enable'].map((verb) =>
            tenant.post(`${path}/api-keys/${victim.id}/${verb}`, { wait_ms: 0 }),
          ),
          tenant.post(`${path}/roles`, { name: 'late', permissions: [] }),
          tenant.put(`${path}/roles/${role}?wait_ms=0`, { name: 'late', permissions: [] }),
          tenant.delete(`${path}/roles/${role}`),
          tenant.post(`${path}/allow-lists`, { name: 'late', entries: ['10.0.0.1'] }),
          tenant.patch(`${path}/allow-lists/${list}?wait_ms=0`, { name: 'late' }),
          tenant.delete(`${path}/allow-lists/${list}`),
          there.as(operator.token).post('/v1/accounts', { name: 'late' }),
          there.as(operator.token).patch(path, { name: 'late' }),
        ])
        for (const answer of answers) t.match(answer, { status: 401 })
        const after = await countsOf(raw)
        t.same(after, { ...before, revision: before.revision + 2 }, 'the two revocations only')
      },
    )

    t.test(
      'a permission that a role lost authorizes nothing on an instance that has it cached',
      async (t) => {
        const wardens = await newRole(here.root, account, 'warden', [
          'api_key:disable',
          'api_key:read',
        ])
        const warden = await newKey(here.root, account, { role: wardens })
        await heat(there, warden.token)
        const path = `/v1/accounts/${account}/roles/${wardens}?wait_ms=0`
        await here.root.put(path, { name: 'warden', permissions: ['api_key:read'] })
        const late = await act(there.as(warden.token), account, victim.id, 'disable', 0)
        t.match(late, { status: 403, body: { code: 'permission_denied' } })
      },
    )

    t.test('a change and the revocation of its author happen in one order', async (t) => {
      for (const changesFirst of [true, false]) {
        const author = await newKey(here.root, account)
        await heat(there, author.token)
        const change = () => act(there.as(author.token), account, victim.id, 'disable', 0)
        const revoke = () => act(here.root, account, author.id, 'revoke', 0)
        // The counter is the last that a transaction takes: whoever waits for it holds its other
        // locks.
        await raw.query('begin; select from revision for update')
        const first = changesFirst ? change() : revoke()
        await untilBlocked(raw, 1)
        const second = changesFirst ? revoke() : change()
        await untilBlocked(raw, 2)
        await raw.query('commit')
        const [changed, revoked] = changesFirst
          ? [await first, await second]
          : [await second, await first]
        t.equal(revoked.status, 200)
        t.equal(changed.status, changesFirst ? 200 : 401)
        if (changesFirst) t.ok(changed.body.receipt.revision < revoked.body.receipt.revision)
        await act(here.root, account, victim.id, 'enable', 0)
      }
    })
  },
)

type Services = readonly TestService[]

async function heatAll(services: Services, token: string): Promise<void> {
  for (const service of services) await heat(service, token)
}

function act(
  api: Api,
  account: string,
  id: string,
  verb: 'revoke' | 'disable' | 'enable',
  waitMs = 30_000,
): Promise<Answer> {
  return api.post(`/v1/accounts/${account}/api-keys/${id}/${verb}`, { wait_ms: waitMs })
}

function requireComplete(t: Test, answer: Answer): void {
  t.match(answer, { status: 200, body: { receipt: { state: 'complete' } } })
}

/** What every instance says of a token at its first word. */
async function verdicts(
  t: Test,
  services: Services,
  token: string,
  expected: object,
  attempt: object = {},
): Promise<void> {
  const all = await Promise.all(services.map(({ root }) => root.verify(token, attempt)))
  for (const verdict of all) t.match(verdict, expected)
}

async function platformAccountOf(root: Api): Promise<string> {
  const { body } = await root.get('/v1/me')
  return body.api_key.account_id
}

async function countsOf(raw: {
  query(text: string): Promise<{ readonly rows: readonly { readonly revision: string }[] }>
}) {
  const { rows } = await raw.query(
    `select (select count(*) from api_key) as keys, (select count(*) from role where live) as roles,
       (select count(*) from allow_list where live) as lists, (select count(*) from account) as accounts,
       (select count(*) from account where name = 'late') as renamed, (select value from revision) as revision`,
  )
  return { ...rows[0], revision: Number(rows[0]?.revision) }
}
