import t from 'tap'
import type { Api, Json } from '../helpers/api.ts'
import { auditLogOf } from '../helpers/audit-log.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw, heat } from '../helpers/instances.ts'
import { assertInvalid, assertProblem } from '../helpers/problems.ts'

const aDayMs = 86_400_000
const unknownId = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
const started = await startCheckedService(t, { settings: { USE_FLUSH_MS: '60000' } })
const { root, as, database, service } = started
const raw = await connectRaw(t, database.url)
const platform: string = (await root.get('/v1/me')).body.api_key.account_id

const daysAgo = (days: number) => new Date(Date.now() - days * aDayMs).toISOString()
const bulk = (api: Api, account: string, body: object) =>
  api.post(`/v1/accounts/${account}/api-keys/revoke`, body)
const statusesOf = async (account: string) => {
  const { body } = await root.get(`/v1/accounts/${account}/api-keys?limit=200`)
  return new Map<string, string>(body.api_keys.map((key: Json) => [key.name, key.status]))
}

t.test('bulk revocation revokes the keys that match all conditions of the filter', async (t) => {
  const account = await newAccount(root)
  const roles = [await newRole(root, account, 'Deploy', []), await newRole(root, account, 'b', [])]
  const keys: Json[] = []
  for (let index = 0; index < 16; index += 1) {
    const { id, body } = await newKey(root, account, {
      name: `${index % 2 === 0 ? 'ci' : 'CI'} ${index}`,
      role: roles[Math.floor(index / 2) % 2],
    })
    const creator = index % 3 === 0 ? 'user|7' : 'user|8'
    await raw.query(
      `update api_key set created_at = $2, created_by_kind = 'user', created_by_id = $3 where id = $1`,
      [id, daysAgo(index * 10), creator],
    )
    // A quarter was never used; of one use nobody wrote down when it was.
    if (index % 4 > 0) {
      await raw.query('update credential set first_used_at = $2 where api_key_id = $1', [
        id,
        daysAgo(index * 10),
      ])
    }
    if (index % 4 > 1) {
      await raw.query('insert into api_key_usage values ($1, $2, $3, 1)', [
        id,
        account,
        daysAgo(index * 8),
      ])
    }
    keys.push({ ...body, index, creator, isUsed: index % 4 > 0, hasLastUse: index % 4 > 1 })
  }
  await root.post(`/v1/accounts/${account}/api-keys/${keys[5].id}/revoke`)
  const conditions: readonly (readonly [object, (key: Json) => boolean])[] = [
    [{ created_by: 'user|7' }, ({ creator }) => creator === 'user|7'],
    [{ role: 'DEPLOY' }, ({ role }) => role.name === 'Deploy'],
    [{ role: roles[1] }, ({ role }) => role.name === 'b'],
    [{ name_prefix: 'ci ' }, ({ name }) => name.startsWith('ci ')],
    [{ name_prefix: '%' }, () => false],
    [{ created_before: daysAgo(75) }, ({ index }) => index > 7],
    [{ last_used_before: daysAgo(60) }, ({ index, hasLastUse }) => hasLastUse && index > 7],
    [{ never_used: true }, ({ isUsed }) => !isUsed],
  ]
  for (const [one, holds] of conditions) {
    for (const [other, holdsToo] of conditions) {
      const filter = { ...one, ...other }
      if (Object.keys(filter).length < Object.keys(one).length + Object.keys(other).length) {
        if (one !== other) continue
      }
      const expected = keys.filter((key) => key.index !== 5 && holds(key) && holdsToo(key))
      const { body } = await bulk(root, account, { filter, dry_run: true })
      const filterText = JSON.stringify(filter)
      t.equal(body.count, expected.length, filterText)
      t.equal(body.accounts, expected.length === 0 ? 0 : 1, filterText)
      t.same(
        body.sample.map((key: Json) => key.name),
        expected.slice(0, 10).map((key) => key.name),
        `${filterText}: the latest first`,
      )
    }
  }
  t.same(new Set((await statusesOf(account)).values()), new Set(['active', 'revoked']))
  t.equal((await bulk(root, account, { filter: { all: true }, dry_run: true })).body.count, 15)

  const filter = { created_by: 'user|7', name_prefix: 'ci ' }
  const { body } = await bulk(root, account, { filter, reason: 'left us' })
  const revoked = keys.filter(({ creator, name }) => creator === 'user|7' && /^ci /.test(name))
  t.match(body, { dry_run: false, count: revoked.length, accounts: 1 })
  for (const key of body.sample) t.match(key, { status: 'revoked', revocation_reason: 'left us' })
  const statuses = await statusesOf(account)
  for (const key of keys) {
    const isRevoked = revoked.includes(key) || key.index === 5
    t.equal(statuses.get(key.name), isRevoked ? 'revoked' : 'active', key.name)
  }
})

t.test('a dry run of a bulk revocation changes nothing', async (t) => {
  const account = await newAccount(root)
  const { token } = await newKey(root, account)
  const before = await snapshot()
  const { body } = await bulk(root, account, { filter: { all: true }, dry_run: true })
  t.match(body, { dry_run: true, count: 1, sample: [{ status: 'active' }], receipt: null })
  t.same(await snapshot(), before)
  t.equal((await root.verify(token)).valid, true)
})

t.test('a bulk revocation has one receipt, after which no cached key is accepted', async (t) => {
  const account = await newAccount(root)
  const keys = [await newKey(root, account), await newKey(root, account)]
  const other = await newKey(root, await newAccount(root, 'Other'))
  for (const { token } of [...keys, other]) await heat(started, token)
  const tags = new Map<string, unknown>()
  for (const { id } of keys) {
    const { headers } = await root.get(`/v1/accounts/${account}/api-keys/${id}`)
    tags.set(id, headers.etag)
  }
  const counter = await revision()
  const { body } = await bulk(root, account, { filter: { all: true } })
  t.match(body, { count: 2, receipt: { state: 'complete', revision: counter + 1 } })
  const { rows } = await raw.query('select kind, subject from change where revision = $1', [
    counter + 1,
  ])
  t.same(rows, [{ kind: 'account', subject: account }])
  for (const { token } of keys) t.match(await root.verify(token), { reason: 'revoked' })
  const reads = service.deps.counters.credentialReads
  t.equal((await root.verify(other.token)).valid, true)
  t.equal(service.deps.counters.credentialReads, reads, 'other accounts are answered from memory')

  t.test(
    'revoking a bulk-revoked key again returns the receipt of the bulk revocation',
    async (t) => {
      for (const { id } of keys) {
        const path = `/v1/accounts/${account}/api-keys/${id}`
        const again = await root.post(`${path}/revoke`)
        t.match(again.body.receipt, { revision: counter + 1, id: body.receipt.id })
        t.not((await root.get(path)).headers.etag, tags.get(id), 'its tag is a new one')
      }
      t.equal(await revision(), counter + 1)
    },
  )

  t.test(
    'repeating a bulk revocation revokes nothing and returns the latest receipt',
    async (t) => {
      const later = await newKey(root, account)
      await root.post(`/v1/accounts/${account}/api-keys/${later.id}/revoke`)
      const before = await snapshot()
      const again = await bulk(root, account, { filter: { all: true } })
      t.match(again.body, {
        count: 0,
        accounts: 0,
        sample: [],
        receipt: { state: 'complete', revision: counter + 2 },
      })
      t.same(await snapshot(), before, 'nothing is changed, and no event written')
      const path = `/v1/revisions/${counter + 2}?id=${again.body.receipt.id}`
      t.equal((await root.get(path)).body.receipt.state, 'complete')
    },
  )
})

t.test('a bulk revocation writes one audit event an account, which lists the keys', async (t) => {
  const account = await newAccount(root)
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const made = [
    await newKey(root, account),
    await newKey(root, account, { allow_list_ids: [list] }),
  ]
  const headers = { 'x-acting-user': 'user|42' }
  const body = { filter: { role: 'admin', never_used: true }, reason: 'Friday' }
  const path = `/v1/accounts/${account}/api-keys/revoke`
  const { status } = await root.call('POST', path, { headers, body })
  t.equal(status, 200)
  const events = (await auditLogOf(raw, account)).filter(
    ({ action }) => action === 'api_key.bulk_revoked',
  )
  t.match(events, [
    {
      actor: { kind: 'user', id: 'user|42' },
      resource: { type: 'api_key', id: null },
      reason: 'Friday',
      api_keys: { count: 2 },
      after: { filter: { never_used: true } },
    },
  ])
  const { rows } = await raw.query(
    'select api_key_id from audit_event_key where account_id = $1 order by api_key_id',
    [account],
  )
  t.same(
    rows.map((row) => row.api_key_id),
    made.map(({ id }) => id).sort(),
  )

  await t.test('the audit event of a bulk revocation is found by each of its keys', async (t) => {
    const [one, other] = made.map(({ id }) => id)
    const at = `/v1/accounts/${account}/audit-events`
    await root.patch(`/v1/accounts/${account}`, { name: 'Renamed' })
    const { body } = await root.get(`${at}?resource_id=${one}`)
    t.match(body, {
      audit_events: [{ action: 'api_key.bulk_revoked' }, { action: 'api_key.issued' }],
      next_cursor: null,
    })
    const first = await root.get(`${at}?resource_id=${one}&limit=1&sort=created_at`)
    const cursor = first.body.next_cursor
    t.match(first.body.audit_events, [{ action: 'api_key.issued' }])
    t.match(
      (await root.get(`${at}?resource_id=${one}&limit=1&sort=created_at&cursor=${cursor}`)).body,
      { audit_events: [{ action: 'api_key.bulk_revoked' }], next_cursor: null },
      'page by page too',
    )
    const issued = await root.get(`${at}?resource_id=${one}&action=api_key.issued`)
    t.equal(issued.body.audit_events.length, 1, 'all filters hold')
    const unknown = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
    t.same((await root.get(`${at}?resource_id=${unknown}`)).body.audit_events, [])

    const { number } = body.audit_events[0]
    const ids = [one, other].sort()
    const keys = `${at}/${number}/api-keys`
    t.match((await root.get(keys)).body, { api_key_ids: ids, next_cursor: null })
    const page = (await root.get(`${keys}?limit=1`)).body
    t.match(page.api_key_ids, [ids[0]])
    t.match((await root.get(`${keys}?limit=1&cursor=${page.next_cursor}`)).body, {
      api_key_ids: [ids[1]],
      next_cursor: null,
    })
    t.match((await root.get(`${at}/1/api-keys`)).body, { api_key_ids: [], next_cursor: null })
    for (const missing of [number + 100, 0, 'x', '1e3', '01', '99999999999999999999']) {
      t.equal((await root.get(`${at}/${missing}/api-keys`)).status, 404, String(missing))
    }
    assertInvalid(t, await root.get(`${keys}?cursor=1`), [['/cursor', 'cursor']], 'cursor')
    assertInvalid(t, await root.get(`${keys}?limit=0`), [['/limit', 'minimum']], 'limit')
    const strange = await newAccount(root, 'Strange')
    t.equal((await root.get(`/v1/accounts/${strange}/audit-events/${number}/api-keys`)).status, 404)
  })
})

t.test('bulk-revoked keys release their names, role and allow lists', async (t) => {
  const account = await newAccount(root)
  const role = await newRole(root, account, 'r', [])
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const values = { name: 'deploy', role, allow_list_ids: [list] }
  await newKey(root, account, values)
  t.equal((await bulk(root, account, { filter: { role } })).body.count, 1)
  await newKey(root, account, { name: 'deploy' })
  t.equal((await root.delete(`/v1/accounts/${account}/roles/${role}`)).status, 204)
  t.equal((await root.delete(`/v1/accounts/${account}/allow-lists/${list}`)).status, 204)
})

t.test(
  'a bulk revocation across accounts includes the platform, with one event each',
  async (t) => {
    const accounts = [await newAccount(root), await newAccount(root), platform]
    const headers = { 'x-acting-user': 'user|leaver' }
    const tokens: string[] = []
    for (const account of accounts) {
      for (const name of ['one', 'two']) {
        const body = { name: `of a leaver ${name}`, role: 'viewer', expires_at: null }
        const path = `/v1/accounts/${account}/api-keys`
        tokens.push((await root.call('POST', path, { headers, body })).body.token)
      }
    }
    const kept = await newKey(root, accounts[0] ?? '')
    const filter = { created_by: 'user|leaver' }
    const counter = await revision()
    const preview = await root.post('/v1/api-keys/revoke', { filter, dry_run: true })
    t.match(preview.body, { count: 6, accounts: 3 })
    const { body } = await root.post('/v1/api-keys/revoke', { filter })
    t.match(body, { count: 6, accounts: 3, receipt: { revision: counter + 1, state: 'complete' } })
    for (const token of tokens) t.match(await root.verify(token), { reason: 'revoked' })
    t.equal((await root.verify(kept.token)).valid, true)
    const { rows } = await raw.query(
      'select subject from change where revision = $1 order by subject',
      [counter + 1],
    )
    t.same(
      rows.map(({ subject }) => subject),
      accounts.toSorted(),
    )
    for (const account of accounts) {
      const event = (await auditLogOf(raw, account)).findLast(() => true)
      t.match(event, { action: 'api_key.bulk_revoked', api_keys: { count: 2 } })
    }
  },
)

t.test(
  "a tenant's bulk revocation takes its own keys only and reveals no platform key",
  async (t) => {
    const account = await newAccount(root)
    const { token } = await newKey(root, account)
    const admin = as(token)
    const rootId: string = (await root.get('/v1/me')).body.api_key.id
    const denied = { status: 403, code: 'permission_denied' }
    assertProblem(
      t,
      await admin.post('/v1/api-keys/revoke', { filter: { all: true } }),
      denied,
      'everywhere',
    )
    const foreign = await bulk(admin, platform, { filter: { all: true } })
    assertProblem(t, foreign, { status: 404, code: 'not_found' }, 'elsewhere')
    const byRoot = { filter: { created_by: rootId } }
    t.equal((await bulk(admin, account, { ...byRoot, dry_run: true })).body.count, 0)
    t.equal((await bulk(root, account, { ...byRoot, dry_run: true })).body.count, 1)
    await newKey(root, account)
    await bulk(root, account, { filter: { created_by: rootId, name_prefix: 'key' }, dry_run: true })
    t.match((await bulk(admin, account, { filter: { all: true } })).body, { count: 2 })
    t.equal((await admin.get('/v1/me')).status, 401)

    const next = as((await newKey(root, account)).token)
    await newKey(next, account)
    await bulk(root, account, byRoot)
    const event = (await auditLogOf(raw, account)).at(-1)
    t.match(event, { action: 'api_key.bulk_revoked', after: { filter: { created_by: null } } })
  },
)

t.test('bulk revocation of unused keys spares keys whose use was recorded', async (t) => {
  const account = await newAccount(root)
  const { token, id } = await newKey(root, account)
  await root.verify(token)
  await service.deps.uses.flush(service.deps.db)
  await raw.query(
    `update api_key_usage set last_used_at = now() - interval '90 days'
    where api_key_id = $1`,
    [id],
  )
  const filter = { last_used_before: new Date(Date.now() - 65_000).toISOString() }
  t.equal((await bulk(root, account, { filter, dry_run: true })).body.count, 1)
  await root.verify(token)
  await service.deps.uses.flush(service.deps.db)
  t.equal((await bulk(root, account, { filter })).body.count, 0)
  t.equal((await root.verify(token)).valid, true)
})

t.test('bulk revocation refuses a bad filter by field and rule, and revokes nothing', async (t) => {
  const account = await newAccount(root)
  await newKey(root, account)
  const soon = new Date(Date.now() - 55_000).toISOString()
  const cases: readonly (readonly [object, string, string])[] = [
    [{}, '/filter', 'required'],
    [{ filter: {} }, '/filter', 'empty'],
    [{ filter: [] }, '/filter', 'type'],
    [{ filter: null }, '/filter', 'type'],
    [{ filter: { all: false } }, '/filter/all', 'enum'],
    [{ filter: { all: true, name_prefix: 'x' } }, '/filter/all', 'alone'],
    [{ filter: { all: true, last_used_before: daysAgo(90) } }, '/filter/all', 'alone'],
    [{ filter: { never_used: false } }, '/filter/never_used', 'enum'],
    [{ filter: { created_by: '' } }, '/filter/created_by', 'minLength'],
    [{ filter: { created_by: 'a\u0000' } }, '/filter/created_by', 'pattern'],
    [{ filter: { name_prefix: '' } }, '/filter/name_prefix', 'minLength'],
    [{ filter: { name_prefix: 'x'.repeat(121) } }, '/filter/name_prefix', 'maxLength'],
    [{ filter: { role: 'no such' } }, '/filter/role', 'exists'],
    [{ filter: { role: unknownId } }, '/filter/role', 'exists'],
    [{ filter: { created_before: 'yesterday' } }, '/filter/created_before', 'format'],
    [{ filter: { created_before: '2016-12-31T23:59:60Z' } }, '/filter/created_before', 'date-time'],
    [{ filter: { last_used_before: soon } }, '/filter/last_used_before', 'too_recent'],
    [{ filter: { owner: 'x' } }, '/filter/owner', 'unknown_field'],
    [{ filter: { all: true }, dry_run: 'yes' }, '/dry_run', 'type'],
    [{ filter: { all: true }, reason: 'a\u202eb' }, '/reason', 'bidirectional_character'],
    [{ filter: { all: true }, wait_ms: -1 }, '/wait_ms', 'minimum'],
    [{ filter: { all: true }, ids: [] }, '/ids', 'unknown_field'],
  ]
  const before = await snapshot()
  for (const path of [`/v1/accounts/${account}/api-keys/revoke`, '/v1/api-keys/revoke']) {
    for (const [body, field, rule] of cases) {
      assertInvalid(t, await root.post(path, body), [[field, rule]], JSON.stringify(body))
    }
  }
  t.same(await snapshot(), before)
})

t.test('bulk revocation revokes more keys than one statement takes', async (t) => {
  const account = await newAccount(root)
  await raw.query(
    `insert into api_key (id, account_id, name, description, role_id, reach, token_prefix,
       created_at, created_by_kind, created_by_id, live)
     select gen_random_uuid(), $1, 'many ' || n, '', role.id, 'anywhere', 'aeon', now(), 'user',
       'user|many', true
     from generate_series(1, 4500) n, role where account_id = $1 and name = 'viewer'`,
    [account],
  )
  const kept = await newKey(root, account)
  const { body } = await bulk(root, account, { filter: { created_by: 'user|many' } })
  t.match(body, { count: 4_500, sample: { length: 10 } })
  const { rows } = await raw.query(
    `select count(*)::int as revoked, count(distinct revoked_in_bulk)::int as acts,
       (select count(*)::int from audit_event_key where account_id = $1) as listed
     from api_key where account_id = $1 and revoked_at is not null and live is null`,
    [account],
  )
  t.same(rows, [{ revoked: 4_500, acts: 1, listed: 4_500 }])
  t.equal((await root.verify(kept.token)).valid, true)
})

async function revision(): Promise<number> {
  return Number((await raw.query('select value from revision')).rows[0].value)
}

/** All that a bulk revocation could change. */
async function snapshot(): Promise<Json[]> {
  const { rows } = await raw.query(
    `select row_to_json(x)::text as it from api_key x union all
     select row_to_json(x)::text from audit_event x union all
     select row_to_json(x)::text from bulk_revocation x union all
     select row_to_json(x)::text from revision x order by 1`,
  )
  return rows
}
