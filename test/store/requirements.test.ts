/** On which databases the service starts, and where its tables are. */
import { Client } from 'pg'
import t, { type Test } from 'tap'
import { loadSchemaState, migrate } from '../../src/store/migrate.ts'
import { asAdmin, createEmptyDatabase, openTestDatabase } from '../helpers/database.ts'

t.test(
  "our tables are made and found in our schema, whatever another application's are",
  async (t) => {
    const { url, query, open } = await emptyDatabase(t)
    await query(`
    create table kysely_migration (name varchar(255) primary key, timestamp varchar(255));
    create table kysely_migration_lock (id varchar(255) primary key, is_locked int not null default 0);
    insert into kysely_migration values ('2020_theirs', 'then');
    create table account (id int);
    create schema one; create schema two`)
    await t.rejects(
      migrate(open(url)),
      { message: /no version|no record/ },
      'their schema is not ours',
    )
    for (const schema of ['one', 'two']) {
      const db = open(withPath(url, `${schema}, public`))
      t.match(await migrate(db), ['0001_initial'], schema)
      t.match(await loadSchemaState(db), { missing: [], unknown: [] })
      t.same(await migrate(db), [])
    }
    t.same(await query('select name from public.kysely_migration'), [{ name: '2020_theirs' }])
    const places = await query(
      `select string_agg(schemaname, ' ' order by schemaname) as schemas, tablename
       from pg_tables where schemaname in ('one', 'two') group by tablename having count(*) <> 2`,
    )
    t.same(places, [], 'each table is in both')
  },
)

t.test(
  'a database that lacks a requirement of the service is refused with the remedy',
  async (t) => {
    for (const encoding of ['LATIN1', 'SQL_ASCII', 'EUC_JP']) {
      const { open, url } = await emptyDatabase(
        t,
        `encoding '${encoding}' locale 'C' template template0`,
      )
      const remedy = new RegExp(`encoding ${encoding}, .*encoding 'UTF8' template template0`)
      await t.rejects(migrate(open(url)), { message: remedy }, encoding)
      await t.rejects(loadSchemaState(open(url)), { message: remedy }, `${encoding}, MIGRATE=off`)
    }
    const { open, url, query, name } = await emptyDatabase(t)
    await query(`create role ${name} login`)
    t.teardown(() => asAdmin((admin) => admin.query(`drop role if exists ${name}`)))
    await query('revoke create on schema public from public')
    const as = (path: string) => open(withPath(url, path, `-c role=${name}`))
    await t.rejects(migrate(as('public')), {
      message: new RegExp(`grant create on schema public to ${name}`),
    })
    await t.rejects(migrate(as('nowhere')), {
      message: /No schema of the search_path \(nowhere\) exists/,
    })
    await query('drop collation pg_catalog."und-x-icu"')
    await t.rejects(migrate(as('public')), { message: /no collation "und-x-icu".* built with ICU/ })
    await query(`create collation pg_catalog."und-x-icu" (provider = icu, locale = 'und')`)
    const replica = open(withPath(url, 'public', '-c session_replication_role=replica'))
    await t.rejects(migrate(replica), { message: /session_replication_role is replica/ })
    t.same(await query(`select from pg_tables where schemaname = 'public'`), [], 'nothing was made')
    t.match(await migrate(open(url)), ['0001_initial'])
  },
)

function withPath(url: string, path: string, more = ''): string {
  const mark = url.includes('?') ? '&' : '?'
  const escaped = path.replaceAll(' ', '\\ ')
  return `${url}${mark}options=${encodeURIComponent(`-c search_path=${escaped} ${more}`)}`
}

async function emptyDatabase(t: Test, options?: string) {
  const database = await createEmptyDatabase()
  if (options !== undefined) {
    await asAdmin(async (admin) => {
      await admin.query(`drop database ${database.name}`)
      await admin.query(`create database ${database.name} ${options}`)
    })
  }
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const opened: { destroy(): Promise<void> }[] = []
  t.teardown(async () => {
    for (const db of opened) await db.destroy()
    await client.end()
    await database.drop()
  })
  return {
    ...database,
    query: async (text: string): Promise<unknown[]> => (await client.query(text)).rows,
    open: (url: string) => {
      const { db } = openTestDatabase(url)
      opened.push(db)
      return db
    },
  }
}
