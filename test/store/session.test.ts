/**
 * Defaults of a role or a database change neither the text that we read nor what a statement means.
 */
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { openFeedConnection } from '../../src/store/feed-connection.ts'
import { DatabaseServers } from '../../src/store/servers/database-servers.ts'
import { UnreadableTimeError } from '../../src/store/types.ts'
import {
  asAdmin,
  createTestDatabase,
  openTestDatabase,
  type TestDatabase,
} from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** A default that somebody might set, and what our sessions must have. */
const hostile: readonly (readonly [name: string, theirs: string, ours: string])[] = [
  ['DateStyle', 'SQL, DMY', 'ISO, MDY'],
  ['IntervalStyle', 'sql_standard', 'postgres'],
  ['TimeZone', 'Asia/Kathmandu', 'UTC'],
  ['bytea_output', 'escape', 'hex'],
  ['client_encoding', 'LATIN1', 'UTF8'],
  ['extra_float_digits', '-15', '1'],
  ['standard_conforming_strings', 'off', 'on'],
  ['array_nulls', 'off', 'on'],
  ['transform_null_equals', 'on', 'off'],
  ['exit_on_error', 'on', 'off'],
  ['row_security', 'off', 'on'],
  ['default_transaction_deferrable', 'on', 'off'],
  ['default_transaction_isolation', 'serializable', 'read committed'],
  ['xmlbinary', 'hex', 'base64'],
  ['lc_numeric', 'C.UTF-8', 'C'],
  ['lc_monetary', 'C.UTF-8', 'C'],
  ['lc_time', 'C.UTF-8', 'C'],
  ['statement_timeout', '33s', '10s'],
  ['idle_in_transaction_session_timeout', '33s', '20s'],
]

/** Settings of the same categories that change neither, or that an operator sets on purpose. */
const left = new Set([
  'backslash_quote',
  'bytea_output',
  'check_function_bodies',
  'client_min_messages',
  'createrole_self_grant',
  'default_table_access_method',
  'default_tablespace',
  'default_text_search_config',
  'default_toast_compression',
  // Whoever sets it takes writes away on purpose: 503.
  'default_transaction_read_only',
  'escape_string_warning',
  'event_triggers',
  'gin_fuzzy_search_limit',
  'gin_pending_list_limit',
  'icu_validation_level',
  'idle_session_timeout',
  'lock_timeout',
  'quote_all_identifiers',
  'restrict_nonsystem_relation_kind',
  // Where our tables are is the operator's choice.
  'search_path',
  'synchronize_seqscans',
  'temp_tablespaces',
  'timezone_abbreviations',
  'transaction_timeout',
  'vacuum_failsafe_age',
  'vacuum_freeze_min_age',
  'vacuum_freeze_table_age',
  'vacuum_multixact_failsafe_age',
  'vacuum_multixact_freeze_min_age',
  'vacuum_multixact_freeze_table_age',
  // Of one transaction, not of a session's defaults.
  'transaction_deferrable',
  'transaction_isolation',
  'transaction_read_only',
  'xmloption',
])

const statementTimeoutMs = 10_000

t.test('every session pins each setting that alters what a statement reads or means', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const { rows } = await asAdmin((admin) =>
    admin.query<{ name: string }>(
      `select name from pg_settings where context = 'user'
         and (category like 'Client Connection Defaults / Locale%'
           or category like 'Client Connection Defaults / Statement%'
           or category like 'Version and Platform Compatibility%')`,
    ),
  )
  const known = new Set(hostile.map(([name]) => name))
  const forgotten = rows
    .map(({ name }) => name)
    .filter((name) => !known.has(name) && !left.has(name))
  t.same(forgotten, [], 'of the settings that this server has')

  await setDefaults(database)
  const { db } = openTestDatabase(database.url, { statementTimeoutMs })
  const feed = await openFeedConnection({
    servers: new DatabaseServers({ connection: database.url, connectTimeoutMs: 10_000 }),
    connectTimeoutMs: 10_000,
    statementTimeoutMs,
  })
  t.teardown(() => feed.client.end())
  t.teardown(() => db.destroy())
  for (const [name, , ours] of hostile) {
    const asked = await sql<{ value: string }>`select current_setting(${name}) as value`.execute(db)
    const fed = await feed.client.query('select current_setting($1) as value', [name])
    t.same([asked.rows, fed.rows], [[{ value: ours }], [{ value: ours }]], name)
  }
})

t.test(
  'the service works under hostile defaults, whether set before or after its start',
  async (t) => {
    const early = await createTestDatabase()
    await setDefaults(early)
    await assertWorks(t, early)
    await assertWorks(t, await createTestDatabase(), setDefaults)
  },
)

t.test('a time that cannot be read is an error with a name, never null', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const { db } = openTestDatabase(database.url)
  t.teardown(() => db.destroy())
  for (const style of ['SQL, DMY', 'German', 'Postgres']) {
    for (const type of ['timestamptz', 'timestamp', 'date']) {
      await db.connection().execute(async (connection) => {
        await sql`select set_config('datestyle', ${style}, false)`.execute(connection)
        const asked = sql`select '2026-12-31 10:00:00'::${sql.raw(type)} as time`.execute(
          connection,
        )
        await t.rejects(asked, UnreadableTimeError, `${type} in ${style}`)
      })
    }
  }
  await sql`set datestyle = 'ISO'`.execute(db)
  const { rows } = await sql`select null::timestamptz as none,
    '2026-12-31 10:00:00+00'::timestamptz as time`.execute(db)
  t.same(rows, [{ none: null, time: new Date('2026-12-31T10:00:00Z') }])
})

async function assertWorks(
  t: Test,
  database: TestDatabase,
  change: (database: TestDatabase) => Promise<void> = async () => undefined,
): Promise<void> {
  const { root } = await startTestService(t, { database })
  await change(database)
  const account = await newAccount(root)
  const key = await newKey(root, account, { expires_at: '2030-12-31T10:20:30.000Z' })
  await until('its sessions work', async () => (await root.get('/readyz')).status === 200)
  t.match(await root.verify(key.token), { valid: true })
  const shown = await root.get(`/v1/accounts/${account}/api-keys/${key.id}`)
  t.equal(shown.body.api_key?.expires_at ?? shown.body.expires_at, '2030-12-31T10:20:30.000Z')
  const events = await root.get(`/v1/accounts/${account}/audit-events`)
  t.equal(events.status, 200)
}

/** For new sessions; those that there are end, as they do after some time. */
async function setDefaults({ name }: TestDatabase): Promise<void> {
  await asAdmin(async (admin) => {
    for (const [setting, theirs] of hostile) {
      await admin.query(`alter database ${name} set ${setting} = ${admin.escapeLiteral(theirs)}`)
    }
    // Waits for their ends: a request on a session that is about to end is an outage.
    await admin.query(
      'select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = $1',
      [name],
    )
  })
}
