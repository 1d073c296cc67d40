/**
 * The audit log as its readers see it; and chains that stay intact, and apart, under concurrent
 * acts.
 */
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import t from 'tap'
import { appendEvents } from '../../src/acts/append-events.ts'
import { type AuditDraft, auditActions, originOf } from '../../src/domain/audit/audit-event.ts'
import { maxEventsSearched } from '../../src/domain/limits.ts'
import type { PageRequest } from '../../src/domain/page.ts'
import { system } from '../../src/domain/principal.ts'
import { verifyAuditLog } from '../../src/management/audit/verify-audit-log.ts'
import { type AuditFilter, listAuditEvents } from '../../src/store/audit-listing.ts'
import { type Database, isolationLevels } from '../../src/store/database.ts'
import type { Schema } from '../../src/store/schema.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import type { Api, Json } from '../helpers/api.ts'
import { auditLogOf } from '../helpers/audit-log.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { insertManyEvents } from '../helpers/many-events.ts'
import { assertInvalid } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'

t.test('the audit events of an account can be listed, filtered and paged', async (t) => {
  const started = await startCheckedService(t)
  const { root, as, clock } = started
  const account = await newAccount(root)
  const path = `/v1/accounts/${account}/audit-events`
  const admin = await newKey(root, account, { name: 'admin' })
  const own = as(admin.token)
  const ci = await newKey(own, account, { name: 'ci' })
  clock.offsetMs = 60_000
  const later = new Date(Date.now() + 30_000).toISOString()
  await own.post(`/v1/accounts/${account}/api-keys/${ci.id}/disable`, { reason: 'paused' })
  await root.call('POST', `/v1/accounts/${account}/api-keys/${ci.id}/revoke`, {
    body: { reason: 'leaked' },
    headers: { 'x-acting-user': 'u1', 'x-acting-user-name': 'Ada' },
  })
  const list = async (api: Api, query = '') => {
    const { status, body } = await api.get(`${path}?${query}`)
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
    return body.audit_events as Json[]
  }
  const numbers = async (query: string, api = root) =>
    (await list(api, query)).map((event) => event.number)

  t.same(await numbers(''), [5, 4, 3, 2, 1])
  t.same(await numbers('sort=created_at'), [1, 2, 3, 4, 5])
  t.same(await numbers('action=api_key.issued'), [3, 2])
  t.same(await numbers(`actor_id=${admin.id}`), [4, 3])
  t.same(await numbers('actor_id=u1'), [5])
  t.same(await numbers(`resource_id=${ci.id}`), [5, 4, 3])
  t.same(await numbers(`created_from=${later}`), [5, 4])
  t.same(await numbers(`created_before=${later}`), [3, 2, 1])
  t.same(await numbers(`resource_id=${ci.id}&action=api_key.issued`), [3])
  t.same(await numbers('search=LEAKED'), [5], 'a word of the reason')
  t.same(await numbers('search=ci%20revok'), [5], 'of the name and of the action')
  t.same(await numbers('search=ada&created_before=2000-01-01T00:00:00Z'), [])
  t.same(await numbers('search=eaked'), [], 'the middle of a word is no beginning')
  t.same(await numbers('client_ip=::ffff:127.0.0.1'), [5, 4, 3, 2, 1])
  t.same(await numbers('client_ip=127.0.0.1&search=paus'), [4])
  t.same(await numbers('client_ip=127.0.0.2'), [])
  const paged: number[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body }: { body: Json } = await root.get(
      `${path}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
    )
    paged.push(...body.audit_events.map((event: Json) => event.number))
    cursor = body.next_cursor
  }
  t.same(paged, [5, 4, 3, 2, 1])

  const [revoked, disabled] = await list(root)
  const me = (await root.get('/v1/me')).body.api_key
  t.match(revoked, {
    action: 'api_key.revoked',
    actor: { kind: 'user', id: 'u1', name: 'Ada' },
    api_key_id: me.id,
    client_ip: '127.0.0.1',
    resource: { type: 'api_key', id: ci.id, name: 'ci' },
    before: { revoked_at: null },
    after: { revoked_at: String },
    reason: 'leaked',
    api_keys: null,
  })
  t.match(disabled, { actor: { kind: 'api_key', id: admin.id }, api_key_id: admin.id })

  await t.test('a tenant sees every platform actor as one', async (t) => {
    const seen = await list(own)
    t.match(seen, [
      { actor: { kind: 'user', id: 'u1', name: 'Ada' }, api_key_id: null, client_ip: null },
      { actor: { kind: 'api_key', id: admin.id }, api_key_id: admin.id, client_ip: '127.0.0.1' },
      { actor: { kind: 'api_key', id: admin.id } },
      { actor: { kind: 'platform', id: null, name: null }, api_key_id: null, client_ip: null },
      { actor: { kind: 'platform', id: null, name: null }, api_key_id: null, client_ip: null },
    ])
    t.notMatch(JSON.stringify(seen), me.id)
    t.same(await numbers(`actor_id=${me.id}`, own), [], 'nor is it found by its id')
    t.same(await numbers(`actor_id=${me.id}`), [2, 1])
    const search = `search=${encodeURIComponent(me.name)}`
    t.same([await numbers(search, own), await numbers(search)], [[], [2, 1]], 'nor by its name')
    t.same(await numbers('client_ip=127.0.0.1', own), [4, 3], 'nor by its address')
    t.same(await numbers('search=ada', own), [5], 'a user it acts for is found')
  })
  await root.verify(ci.token, { client_ip: '2001:db8::9' })
  await started.service.deps.denials.flush(started.service.deps)
  t.same(await numbers('client_ip=2001:DB8:0::9', own), [6], 'the address of a denied key')
  await t.test(
    'an audit listing refuses bad filters and answers 404 for other accounts',
    async (t) => {
      for (const [query, field, rule] of [
        ['action=api_key.eaten', '/action', 'enum'],
        ['actor_id=', '/actor_id', 'minLength'],
        ['resource_id=1', '/resource_id', 'format'],
        ['created_from=yesterday', '/created_from', 'format'],
        ['created_before=0000-01-01T00:00:00Z', '/created_before', 'date-time'],
        ['sort=name', '/sort', 'enum'],
        ['cursor=1', '/cursor', 'cursor'],
        ['limit=201', '/limit', 'maximum'],
        ['search=--', '/search', 'words'],
        ['client_ip=203.0.113', '/client_ip', 'address'],
        ['of=all', '/of', 'unknown_field'],
      ] as const) {
        assertInvalid(t, await root.get(`${path}?${query}`), [[field, rule]], query)
      }
      const other = await newAccount(root, 'Other')
      t.equal((await own.get(`/v1/accounts/${other}/audit-events`)).status, 404)
    },
  )
})

t.test('listing audit events reads one page of rows, however many there are', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const raw = await connectRaw(t, database.url)
  const { accountId, actorId, resourceId, word, clientIp } = await insertManyEvents(raw, 50_000)
  const sent: { readonly sql: string; readonly parameters: readonly unknown[] }[] = []
  const pool = new Pool({ connectionString: database.url, max: 1 })
  // The pool ends before its sessions do: dropping the database may end them with an error.
  pool.on('error', () => undefined)
  const db: Database = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool }),
    log: ({ query }) => void sent.push(query),
  })
  t.teardown(() => db.destroy())
  const limit = 50
  const [from, before] = [new Date('2026-03-01T00:00:00Z'), new Date('2026-03-08T00:00:00Z')]
  const filters: readonly AuditFilter[] = [
    {},
    ...auditActions.map((action) => ({ action })),
    { actor: { id: actorId, platformToo: false } },
    { actor: { id: 'nobody', platformToo: true } },
    { resourceId },
    { createdFrom: from, createdBefore: before },
    { createdBefore: new Date(0) },
    { action: 'api_key.issued', createdFrom: from, createdBefore: before },
  ]
  for (const filter of filters) {
    for (const descending of [true, false]) {
      let after: PageRequest['after']
      for (const place of ['first page', 'second page']) {
        const page: PageRequest = { limit, sort: { field: 'created_at', descending }, after }
        sent.length = 0
        const { next } = await listAuditEvents(db, accountId, filter, page)
        t.equal(sent.length, 1, 'by one statement')
        const { rows } = await raw.query(`explain (analyze, format json) ${sent[0]?.sql}`, [
          ...(sent[0]?.parameters ?? []),
        ])
        const plan = rows[0]['QUERY PLAN'][0].Plan
        const name = `${JSON.stringify(filter)} ${descending} ${place}`
        // What was done to one thing is put together of two pages: of the acts on it, and on many.
        const pages = filter.resourceId === undefined ? 1 : 2
        t.ok(rowsRead(plan) <= pages * (limit + 1), `${rowsRead(plan)} rows: ${name}`)
        t.notMatch(JSON.stringify(plan), pages === 1 ? /Seq Scan|"Sort"/ : /Seq Scan/, name)
        after = next ?? undefined
        if (next === null) break
      }
    }
  }

  const platformToo = false
  for (const [filter, found, pages, descending] of [
    [{ search: { words: [word], platformToo } }, 4, 6, true],
    [{ search: { words: [word], clientIp, platformToo } }, 4, 6, false],
    [{ actor: { id: actorId, platformToo }, search: { words: [word], platformToo } }, 4, 1, true],
    [{ resourceId, search: { clientIp, platformToo } }, 2, 1, false],
  ] as const) {
    const name = `${JSON.stringify(filter)} ${descending}`
    const listed: string[] = []
    let asked = 0
    for (let after: PageRequest['after'] | null; after !== null; asked += 1) {
      sent.length = 0
      const page: PageRequest = { limit, sort: { field: 'created_at', descending }, after }
      const { items, next } = await listAuditEvents(db, accountId, filter, page)
      listed.push(...items)
      after = next
      for (const { sql, parameters } of asked === 0 ? sent : []) {
        const { rows } = await raw.query(`explain (analyze, format json) ${sql}`, [...parameters])
        const plan = rows[0]['QUERY PLAN'][0].Plan
        const read = rowsRead(plan)
        t.ok(read <= 2 * (maxEventsSearched + 1), `${read} rows: ${name}`)
        t.notMatch(JSON.stringify(plan), /Seq Scan/, name)
      }
    }
    t.equal(listed.length, found, `each event is found once: ${name}`)
    t.equal(asked, pages, `a page looks at a part of the log: ${name}`)
  }
})

for (const isolation of isolationLevels) {
  t.test(`audit chains are whole after concurrent acts under ${isolation}`, async (t) => {
    const { root, service, database } = await startTestService(t, { isolation })
    const raw = await connectRaw(t, database.url)
    const accounts = await Promise.all([newAccount(root), newAccount(root, 'Other')])
    for (const account of accounts) {
      const at = `/v1/accounts/${account}`
      const key = `${at}/api-keys/${(await newKey(root, account)).id}`
      const role = await newRole(root, account, 'r', [])
      const list = await newAllowList(root, account, ['192.0.2.1'])
      const before = (await auditLogOf(raw, account)).length
      const answers = await Promise.all([
        root.post(`${at}/api-keys`, { name: 'one', role: 'viewer', expires_at: null }),
        root.post(`${at}/api-keys`, { name: 'two', role, expires_at: null }),
        root.post(`${key}/disable`),
        root.post(`${key}/enable`),
        root.post(`${key}/revoke`),
        root.post(`${key}/revoke`),
        root.delete(`${at}/roles/${role}`),
        root.patch(`${at}/allow-lists/${list}`, { entries: ['192.0.2.2'] }),
        root.patch(at, { name: 'renamed' }),
      ])
      const failed = answers.filter((answer) => answer.status >= 500)
      t.same(failed, [])
      const auditLog = await auditLogOf(raw, account)
      t.ok(auditLog.length >= before + 5)
      t.equal(
        auditLog.filter((event) => event.action === 'api_key.revoked').length,
        1,
        'one revocation, one event',
      )
    }
    t.match(await verifyAuditLog(service.deps, []), { breaks: [] })
  })
}

t.test('an audit chain continues at its stored head, whatever an instance remembers', async (t) => {
  const { root, service, database } = await startTestService(t)
  const raw = await connectRaw(t, database.url)
  const account = await newAccount(root)
  const { deps } = service
  const other = { ...deps, chainHeads: new Map() }
  const draft: AuditDraft = {
    accountId: account,
    action: 'account.updated',
    resource: { type: 'account', id: account, name: null },
    before: null,
    after: null,
  }
  const append = (by: typeof deps, fails = false) =>
    inTransaction(deps.db, async (trx) => {
      await appendEvents(by, trx, originOf(system), [draft])
      if (fails) throw new Error('undone')
    })
  await append(deps)
  await append(other)
  await append(other)
  await append(deps)
  await t.rejects(append(deps, true), { message: 'undone' })
  await append(deps)
  await append(other)
  t.same(
    (await auditLogOf(raw, account)).map((event) => event.number),
    [1, 2, 3, 4, 5, 6, 7],
  )
  t.match(await verifyAuditLog(deps, []), { breaks: [] })
})

t.test('an act does not wait for the audit chain of another account', async (t) => {
  const { root, database } = await startTestService(t)
  const raw = await connectRaw(t, database.url)
  const observer = await connectRaw(t, database.url)
  const [held, free] = [await newAccount(root), await newAccount(root, 'Other')]
  await raw.query('begin')
  await raw.query('select from audit_chain where account_id = $1 for update', [held])
  const waiting = newKey(root, held)
  await untilBlocked(observer)
  await newKey(root, free)
  t.equal((await auditLogOf(observer, held)).length, 1, 'the other still waits')
  await raw.query('commit')
  await waiting
  t.equal((await auditLogOf(observer, held)).length, 2)
})

/** Rows that the scans of a plan looked at. */
function rowsRead(node: Json): number {
  const own = String(node['Relation Name']).startsWith('audit_event')
    ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
    : 0
  return (node.Plans ?? []).reduce((sum: number, child: Json) => sum + rowsRead(child), own)
}
