/** Migrations that stop half-way, and databases that ran them before they were edited. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { migrate } from '../../src/store/migrate.ts'
import { splitStatements } from '../../src/store/sql-statements.ts'
import { createEmptyDatabase, openTestDatabase } from '../helpers/database.ts'
import { ownMigrations } from '../helpers/next-version.ts'
import { dumpSchema, migratedSchema, withClient } from '../helpers/schema-dump.ts'
import { openWithStatementCommits } from '../helpers/statement-commits.ts'

const ids = {
  account: '00000000-0000-7000-8000-000000000001',
  role: '00000000-0000-7000-8000-000000000002',
  key: '00000000-0000-7000-8000-000000000003',
}

t.test('a migration that was lost after any of its statements is gone on with', async (t) => {
  const url = await emptyDatabase(t)
  for (const name of await ownMigrations()) {
    const statements = await statementsOf(name)
    for (let count = 1; count <= statements.length; count += 1) {
      const { db, end } = await openWithStatementCommits(url, statements, count)
      await t.rejects(migrate(db), { message: /connection was lost/ }, `${name}, ${count}`)
      await end()
    }
  }
  const { db } = openTestDatabase(url)
  t.same(await migrate(db), (await ownMigrations()).slice(-1), 'each of the others is recorded')
  t.same(await migrate(db), [])
  await db.destroy()
  t.equal(await withClient(url, dumpSchema), await migratedSchema())
  const counts = await withClient(url, async (client) => {
    const { rows } = await client.query(
      `select (select count(*)::int from revision) as counters,
        (select count(*)::int from change) as changes, (select count(*)::int from sweep) as sweeps`,
    )
    return rows[0]
  })
  t.same(counts, { counters: 1, changes: 1, sweeps: 6 }, 'no row is inserted twice')
})

t.test('a failed migration is named with its statement, and those before it stay', async (t) => {
  const url = await emptyDatabase(t)
  await withClient(url, (client) => client.query('create table audit_event (id int)'))
  const { db } = openTestDatabase(url)
  t.teardown(() => db.destroy())
  await t.rejects(migrate(db), {
    message: /The migration 0007_audit failed: .*"account_id".*audit_event_by_created/s,
  })
  await withClient(url, async (client) => {
    const { rows } = await client.query('select max(name) as last from kysely_migration')
    t.same(rows, [{ last: '0006_life' }])
    await client.query('drop table audit_event')
  })
  t.match(await migrate(db), ['0007_audit'])
})

t.test('a database that ran the migrations before they were edited gets the rest', async (t) => {
  const url = await emptyDatabase(t)
  const file = join(import.meta.dirname, 'fixtures/schema-0014.sql')
  const earlier = await readFile(file, 'utf8')
  const ran = (await ownMigrations()).filter((name) => name < '0015')
  await withClient(url, async (client) => {
    await client.query(earlier)
    await client.query(
      `create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null);
       create table kysely_migration_lock
         (id varchar(255) primary key, is_locked integer default 0 not null);
       insert into kysely_migration_lock values ('migration_lock', 0);
       insert into revision (value, floor) values (1, 0);
       insert into account (id, name, platform, created_at)
         values ('${ids.account}', 'Acme', false, now());
       insert into role (id, account_id, platform, name, folded_name, description, built_in,
           permissions, effective_account, effective_platform, created_at, updated_at, live)
         values ('${ids.role}', '${ids.account}', false, 'ops', 'ops', '', false,
           '{}', '{}', '{}', now(), now(), true);
       insert into api_key (id, account_id, name, description, role_id, reach, token_prefix,
           created_at, created_by_kind, live)
         values ('${ids.key}', '${ids.account}', 'deploy', '', '${ids.role}', 'anywhere', 'aeon',
           '2026-11-01', 'system', true);
       insert into api_key_usage (api_key_id, account_id, last_used_at, use_count)
         values ('${ids.key}', '${ids.account}', now(), 1);
       update api_key_usage set created_at = null`,
    )
    for (const name of ran) {
      await client.query('insert into kysely_migration values ($1, $2)', [name, 'then'])
    }
  })
  const { db } = openTestDatabase(url)
  const missing = (await ownMigrations()).filter((name) => name > '0015')
  t.same(await migrate(db).finally(() => db.destroy()), missing)
  await withClient(url, async (client) => {
    // The fixture was read again from text, which flattens an AND.
    t.equal(withoutBrackets(await dumpSchema(client)), withoutBrackets(await migratedSchema()))
    const { rows } = await client.query('select created_at from api_key_usage')
    t.same(rows, [{ created_at: new Date('2026-11-01T00:00:00Z') }], 'the column is filled in')
  })
})

t.test('a script is split at the semicolons between its statements alone', async (t) => {
  const statements = [
    `-- A comment; with a semicolon.\ncreate table a (b text default 'it''s; c')`,
    `create function f() returns trigger language plpgsql as $$\nbegin\n  return null;\nend $$`,
    `create function g() returns text language sql as $body$ select ';$$;' $body$`,
    `/* ; */ select "a;b" from a`,
  ]
  t.same(splitStatements(`${statements.join(';\n')};\n-- The end.\n`), statements)
  t.same(splitStatements(''), [])
})

async function statementsOf(name: string): Promise<readonly string[]> {
  const file = join(import.meta.dirname, `../../migrations/${name}.sql`)
  return splitStatements(await readFile(file, 'utf8'))
}

async function emptyDatabase(t: Test): Promise<string> {
  const database = await createEmptyDatabase()
  t.teardown(() => database.drop())
  return database.url
}

function withoutBrackets(text: string): string {
  return text.replaceAll(/[()]/g, '')
}
