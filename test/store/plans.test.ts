import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import t, { type Test } from 'tap'
import { keyStatuses } from '../../src/domain/key/api-key.ts'
import { hygieneFindings } from '../../src/domain/key/hygiene.ts'
import type { PageRequest } from '../../src/domain/page.ts'
import { permissionsReachedThrough } from '../../src/store/allow-list-uses.ts'
import { deleteStoredAllowList } from '../../src/store/allow-lists.ts'
import { type ApiKeyFilter, listApiKeys } from '../../src/store/api-key-listing.ts'
import { isRoleUsedBeyond, releaseExpired } from '../../src/store/api-key-references.ts'
import { type BulkFilter, findRevocable } from '../../src/store/bulk-revocation.ts'
import { findCredentials } from '../../src/store/credentials.ts'
import type { Database, StoreTransaction } from '../../src/store/database.ts'
import { recordFirstUses } from '../../src/store/first-uses.ts'
import { examineKeys, type HygieneQuestion } from '../../src/store/hygiene.ts'
import { deleteStoredRole } from '../../src/store/roles.ts'
import type { Schema } from '../../src/store/schema.ts'
import { addUses } from '../../src/store/usage.ts'
import type { Json } from '../helpers/api.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { connectRaw } from '../helpers/instances.ts'
import { insertManyKeys } from '../helpers/many-keys.ts'

const aDayMs = 86_400_000
const keys = 50_000
const limit = 50
/** Of a page, and of what else the rows of its index hold that a filter leaves out. */
const fewRows = 40 * limit

const database = await createTestDatabase()
const raw = await connectRaw(t, database.url)
const pool = new Pool({ connectionString: database.url, max: 1 })
// The pool ends before its sessions do: dropping the database may end them with an error.
pool.on('error', () => undefined)
const asked: { readonly sql: string; readonly parameters: readonly unknown[] }[] = []
const db: Database = new Kysely<Schema>({
  dialect: new PostgresDialect({ pool }),
  log: ({ query }) => {
    asked.push(query)
  },
})
t.teardown(async () => {
  await db.destroy()
  await database.drop()
})
const now = new Date('2026-11-23T08:25:00Z')
const many = await insertManyKeys(raw, keys, now)
const { accountId } = many
const allowLists = await allowListsOfMany()
/** Those of keys. */
const sortFields = ['created_at', 'name', 'expires_at'] as const
const sorts = sortFields.flatMap((field) =>
  [false, true].map((descending) => ({ field, descending })),
)

t.test('every sorted key list reads no more than a page of rows of each index part', async (t) => {
  for (const sort of sorts) {
    let after: PageRequest['after']
    for (let page = 0; page < 3; page += 1) {
      const request = { limit, sort, after }
      const { next } = await listApiKeys(db, accountId, {}, request, now)
      const plan = await planOf(() => listApiKeys(db, accountId, {}, request, now))
      assertPaged(t, plan, request)
      after = next ?? undefined
    }
    const first = { limit, sort, after: undefined }
    // A place in the middle of the order, which no page was needed to find.
    const { items } = await listApiKeys(db, accountId, { namePrefix: 'etl-00025' }, first, now)
    const [key] = items
    if (key === undefined) throw new Error('There is no such key.')
    const value = { created_at: key.createdAt, name: key.name, expires_at: key.expiresAt }[
      sort.field
    ]
    const place = { value: value instanceof Date ? value.toISOString() : value, id: key.id }
    const request = { limit, sort, after: place }
    const plan = await planOf(() => listApiKeys(db, accountId, {}, request, now))
    assertPaged(t, plan, request)
  }
})

t.test('every filtered key list reads little more than it returns', async (t) => {
  const early = new Date(now.getTime() - 360 * aDayMs)
  const { rare } = allowLists
  const cases: readonly (readonly [ApiKeyFilter, ...PageRequest['sort']['field'][]])[] = [
    [{ statuses: ['active'] }, ...sortFields],
    [{ statuses: ['revoked'] }, ...sortFields],
    [{ statuses: ['disabled'] }, ...sortFields],
    [{ statuses: ['expired'] }, 'expires_at'],
    [{ statuses: ['active', 'disabled'] }, ...sortFields],
    [{ statuses: ['revoked', 'disabled'] }, ...sortFields],
    [{ statuses: ['revoked', 'disabled', 'expired'] }, 'expires_at'],
    [{ namePrefix: 'ci-' }, ...sortFields],
    [{ namePrefix: 'ci-000120' }, ...sortFields],
    [{ namePrefix: 'zz' }, ...sortFields],
    [{ role: { id: many.commonRoleId } }, ...sortFields],
    [{ role: { id: many.rareRoleId } }, ...sortFields],
    [{ role: { foldedName: 'role 1' } }, ...sortFields],
    [{ role: { foldedName: 'role 4' } }, ...sortFields],
    [{ role: { foldedName: 'role 9' } }, ...sortFields],
    [{ createdBy: { id: 'user 3', platformToo: false } }, 'created_at'],
    [{ createdBy: { id: 'nobody', platformToo: true } }, ...sortFields],
    [{ allowListId: rare }, ...sortFields],
    [{ allowListId: rare, words: ['etl'] }, ...sortFields],
    [{ expiresBefore: early }, ...sortFields],
    [{ expiresBefore: early, statuses: ['revoked'] }, ...sortFields],
    [{ expiresBefore: early, statuses: ['active', 'expired'] }, ...sortFields],
    [{ expiresBefore: now }, 'expires_at'],
    [{ expiresBefore: new Date(0) }, ...sortFields],
    [{ lastUsedBefore: new Date(0) }, ...sortFields],
    // Of those issued shortly before, nearly all were used since.
    [{ lastUsedBefore: new Date(now.getTime() - 200 * aDayMs) }, 'created_at'],
    [{ lastUsedBefore: early }, 'created_at'],
  ]
  for (const [filter, ...fields] of cases) {
    for (const sort of sorts.filter(({ field }) => fields.includes(field))) {
      const request = { limit, sort, after: undefined }
      const plan = await planOf(() => listApiKeys(db, accountId, filter, request, now))
      t.ok(plan.keysRead <= fewRows, `${plan.keysRead} rows: ${told(filter, request)}`)
      t.ok(plan.usesRead <= fewRows, `${plan.usesRead} uses: ${told(filter, request)}`)
      t.ok(plan.sorted <= fewRows, `${plan.sorted} sorted: ${told(filter, request)}`)
      t.same(plan.wholeTables, [], told(filter, request))
    }
  }
})

/** The allow list of the account that many keys use, and one that three of them use. */
async function allowListsOfMany(): Promise<{ readonly common: string; readonly rare: string }> {
  const { rows } = await raw.query('select id from allow_list where account_id = $1', [accountId])
  const inserted = await raw.query(
    `insert into allow_list (id, account_id, name, description, entries, created_at, updated_at, live)
     values (gen_random_uuid(), $1, 'rare', '', '{203.0.113.0/24}', now(), now(), true) returning id`,
    [accountId],
  )
  const [{ id: rare }] = inserted.rows
  await raw.query(
    `insert into api_key_allow_list (account_id, api_key_id, allow_list_id, live)
     select account_id, id, $2, true from api_key
     where account_id = $1 and holds_lists order by created_at limit 3`,
    [accountId, rare],
  )
  await raw.query('analyze allow_list, api_key_allow_list')
  return { common: rows[0].id, rare }
}

t.test('no filtered key list scans the table or sorts the keys of an account', async (t) => {
  const filters: readonly ApiKeyFilter[] = [
    ...keyStatuses.map((status) => ({ statuses: [status] })),
    { createdBy: { id: 'user 3', platformToo: true } },
    ...[2, 200, 700].flatMap((days) => {
      const time = new Date(now.getTime() - days * aDayMs)
      return [{ expiresBefore: time }, { lastUsedBefore: time }]
    }),
    { statuses: ['active'], namePrefix: 'svc', role: { id: many.commonRoleId } },
    { allowListId: allowLists.common },
    { allowListId: allowLists.common, statuses: ['active'], namePrefix: 'svc' },
  ]
  const ofAccount = (3 * keys) / 5
  for (const filter of filters) {
    for (const sort of sorts) {
      const request = { limit, sort, after: undefined }
      const plan = await planOf(() => listApiKeys(db, accountId, filter, request, now))
      t.same(plan.wholeTables, [], told(filter, request))
      t.ok(plan.sorted < ofAccount / 10, `${plan.sorted} sorted: ${told(filter, request)}`)
    }
  }
})

t.test('a bulk revocation reads by an index only what it may revoke', async (t) => {
  const early = new Date(now.getTime() - 700 * aDayMs)
  const cases: readonly (readonly [BulkFilter, number])[] = [
    [{ createdBy: { id: 'user 3', platformToo: true } }, 1],
    [{ createdBy: { id: 'nobody', platformToo: true } }, 1],
    [{ createdBy: { id: 'user 3', platformToo: true }, neverUsed: true }, 1],
    [{ namePrefix: 'ci-000120' }, 1],
    [{ roleIds: [many.rareRoleId] }, 1],
    [{ createdBefore: early }, 1],
    // An index of uses by their time finds them; one of those revoked since is found and left out.
    [{ lastUsedBefore: early }, 1],
  ]
  for (const [filter, most] of cases) {
    for (const scope of [accountId, undefined]) {
      const told = `${JSON.stringify(filter)} of ${scope ?? 'all'}`
      const { length } = await findRevocable(db, scope, filter)
      const plan = await planOf(() => findRevocable(db, scope, filter))
      t.ok(plan.keysRead <= fewRows + 2 * most * length, `${plan.keysRead} for ${length}: ${told}`)
      if (scope !== undefined) t.same(plan.wholeTables, [], told)
    }
  }
})

t.test('a hygiene report reads as many keys as it examines', async (t) => {
  const window = 500
  let after: HygieneQuestion['after']
  for (let page = 0; page < 3; page += 1) {
    const question: HygieneQuestion = {
      accountId,
      findings: hygieneFindings,
      window,
      sampled: 10,
      after,
      sensitive: ['cluster:read'],
      unusedBefore: new Date(now.getTime() - 90 * aDayMs),
      now,
    }
    const { examined, next } = await examineKeys(db, question)
    t.equal(examined, window)
    const plan = await planOf(() => examineKeys(db, question))
    // Itself, and for its creator two that are not revoked and two of any kind.
    t.ok(plan.keysRead <= 5 * window, `${plan.keysRead} rows`)
    t.same(plan.wholeTables, [])
    after = next ?? undefined
  }
})

t.test('verification queries read only the rows that they name', async (t) => {
  const { rows } = await raw.query(
    `select api_key_id as "apiKeyId", account_id as "accountId", tag, generation
     from credential join api_key on api_key.id = api_key_id order by random() limit 100`,
  )
  for (const count of [1, 100]) {
    const some = rows.slice(0, count)
    const plan = await planOf(() => findCredentials(db, some))
    t.match(plan, { keysRead: count, statements: 1, wholeTables: [] }, `${count} credentials`)
    const recording = await planOf(() => recordFirstUses(db, some, now))
    t.match(recording, { statements: 1, wholeTables: [] }, `${count} first uses`)
    const uses = some.map((one) => ({
      ...one,
      keyCreatedAtMs: 0,
      lastUsedAtMs: now.getTime(),
      count: 1,
    }))
    t.match(await planOf(() => addUses(db, uses)), { statements: 1, wholeTables: [] })
  }
})

t.test('the checks before a deletion read only the rows that depend on it', async (t) => {
  const { commonRoleId, rareRoleId, listId, deadListId } = many
  const acts: readonly (readonly [string, number, (trx: StoreTransaction) => Promise<unknown>])[] =
    [
      ['beyond a list', 100, (trx) => isRoleUsedBeyond(trx, accountId, commonRoleId, [listId])],
      ['through a list', 700, (trx) => permissionsReachedThrough(trx, accountId, listId)],
      ['through no list', 10, (trx) => permissionsReachedThrough(trx, accountId, deadListId)],
      ['a list that nobody uses', 10, (trx) => deleteStoredAllowList(trx, deadListId, now)],
      [
        'a name that an expired key holds',
        4,
        (trx) => releaseExpired(trx, accountId, { name: 'svc-00000001' }),
      ],
      ['a rare role', 400, (trx) => releaseExpired(trx, accountId, { roleId: rareRoleId })],
      ['a list', 5_000, (trx) => releaseExpired(trx, accountId, { allowListId: listId })],
    ]
  for (const [what, rows, act] of acts) {
    const { read, scanned } = await readBy(act)
    t.ok(read <= rows, `${what}: ${read} rows`)
    t.same(scanned, [], what)
  }
  await t.rejects(
    readBy((trx) => deleteStoredRole(trx, commonRoleId, now)),
    /api_key_uses_role/,
  )
})

/**
 * A page of all keys is put together of those that are revoked and the others, and of those that
 * never expire; then its rows are read.
 */
function assertPaged(t: Test, plan: Plan, request: PageRequest): void {
  const { field, descending } = request.sort
  // Where few never expire, they may be sorted.
  const most = field === 'expires_at' && descending ? fewRows : 3 * (limit + 1)
  t.match(plan, { wholeTables: [] }, told({}, request))
  t.ok(plan.keysRead <= most, `${plan.keysRead} rows: ${told({}, request)}`)
  t.ok(plan.sorted <= most, `${plan.sorted} sorted: ${told({}, request)}`)
}

interface Plan {
  readonly statements: number
  /** Rows of api_key that were looked at, whether they were kept or not. */
  readonly keysRead: number
  /** The same of api_key_usage. */
  readonly usesRead: number
  /** Rows that were sorted. */
  readonly sorted: number
  /** Those of the large tables that were read from end to end. */
  readonly wholeTables: readonly string[]
}

const largeTables = ['api_key', 'credential']

/** What the statements of an act do, by the planner's own account of having run them again. */
async function planOf(act: () => Promise<unknown>): Promise<Plan> {
  asked.length = 0
  await act()
  const nodes: Json[] = []
  for (const { sql, parameters } of [...asked]) {
    await raw.query('begin')
    const { rows } = await raw.query(`explain (analyze, format json) ${sql}`, [...parameters])
    await raw.query('rollback')
    collect(rows[0]['QUERY PLAN'][0].Plan, nodes)
  }
  const scans = nodes.filter((node) => node['Relation Name'] !== undefined)
  const rowsRead = (table: string) =>
    sum(scans.filter((node) => node['Relation Name'] === table).map(rowsOf))
  return {
    statements: asked.length,
    keysRead: rowsRead('api_key'),
    usesRead: rowsRead('api_key_usage'),
    sorted: sum(nodes.filter((node) => node['Node Type'] === 'Sort').map(rowsOf)),
    wholeTables: scans
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .map((node) => node['Relation Name'])
      .filter((name) => largeTables.includes(name)),
  }
}

function collect(node: Json, into: Json[]): void {
  into.push(node)
  for (const child of node.Plans ?? []) collect(child, into)
}

/** What a node has looked at; a sort, what it was given. */
function rowsOf(node: Json): number {
  if (node['Node Type'] === 'Sort') return sum((node.Plans ?? []).map(rowsOf))
  const each = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)
  return Math.round(each * node['Actual Loops'])
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

const counts = sql<Json>`select relname, idx_tup_fetch::int as fetched, seq_scan::int as scans
  from pg_stat_xact_user_tables where relname in ('api_key', 'api_key_allow_list') order by relname`

/**
 * Rows that an act reads of keys and their lists, by the server's own count; the checks of foreign
 * keys count too.
 */
async function readBy(
  act: (trx: StoreTransaction) => Promise<unknown>,
): Promise<{ readonly read: number; readonly scanned: readonly string[] }> {
  const undone = new Error('undone')
  let before: Json[] = []
  let after: Json[] = []
  const done = db.transaction().execute(async (trx) => {
    before = (await counts.execute(trx)).rows
    await act(trx)
    after = (await counts.execute(trx)).rows
    throw undone
  })
  await done.catch((error: unknown) => {
    if (error !== undone) throw error
  })
  const more = after.map((row, index) => ({
    name: row.relname,
    fetched: row.fetched - before[index].fetched,
    scans: row.scans - before[index].scans,
  }))
  return {
    read: sum(more.map(({ fetched }) => fetched)),
    // The bindings of lists are few here: to read them all is right.
    scanned: more
      .filter(({ scans, name }) => scans > 0 && largeTables.includes(name))
      .map(({ name }) => name),
  }
}

function told(filter: ApiKeyFilter, { sort }: PageRequest): string {
  return `${JSON.stringify(filter)} by ${sort.descending ? '-' : ''}${sort.field}`
}
