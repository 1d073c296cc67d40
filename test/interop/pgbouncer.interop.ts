/** PgBouncer in transaction mode lends server connections to one client after another. */
import { sql } from 'kysely'
import { Client } from 'pg'
import { test } from 'tap'
import { checkDatabase } from '../../scripts/database-check/check-database.ts'
import { asAdmin, createTestDatabase, openTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { startPgBouncer } from '../helpers/pgbouncer.ts'
import { startDatabaseProxy } from '../helpers/proxy.ts'
import { startTestService } from '../helpers/service.ts'

const unchecked = /could not check READ COMMITTED/

test('through PgBouncer with two server connections, READ COMMITTED is checked', async (t) => {
  const database = await createTestDatabase()
  const user = `${database.name}_own`
  await asAdmin((admin) => admin.query(`create role ${user} login`))
  const { db } = openTestDatabase(database.url)
  await sql.raw(`grant all on all tables in schema public to ${user}`).execute(db)
  await db.destroy()
  const proxy = await startDatabaseProxy(database.url)
  t.teardown(async () => {
    await proxy.close()
    await database.drop()
    await asAdmin((admin) => admin.query(`drop role ${user}`))
  })
  const pooler = await startPgBouncer(t, proxy.url, [user], 2)
  const { logLines, root } = await startTestService(t, {
    database: { ...database, url: pooler.urlFor(user) },
    settings: { CHANGE_FEED: 'poll' },
  })
  t.equal((await root.get('/v1/me')).status, 200)
  t.notMatch(logLines.join(''), unchecked)
})

test('a check of the database finds PgBouncer in transaction mode, and what follows', async (t) => {
  const database = await createTestDatabase()
  const user = `${database.name}_own`
  await asAdmin(async (admin) => {
    await admin.query(`create role ${user} login`)
    await admin.query(`grant create on database ${database.name} to ${user}`)
  })
  const { db } = openTestDatabase(database.url)
  await sql.raw(`grant create on schema public to ${user}`).execute(db)
  const schemas = sql<{ name: string }>`select nspname as name from pg_namespace order by 1`
  const { rows: before } = await schemas.execute(db)
  const proxy = await startDatabaseProxy(database.url)
  t.teardown(async () => {
    await proxy.close()
    await db.destroy()
    await database.drop()
    await asAdmin((admin) => admin.query(`drop role ${user}`))
  })
  for (const [connections, isolation] of [
    [2, 'ok'],
    [1, 'note'],
  ] as const) {
    const pooler = await startPgBouncer(t, proxy.url, [user], connections)
    const lines = await checkDatabase(pooler.urlFor(user), () => undefined)
    const found = new Map(lines.map((line) => [line.name, line]))
    const told = `with ${connections} server connections`
    t.match(found.get('pooler'), { state: 'note', text: /CHANGE_FEED=poll/ }, told)
    t.match(found.get('notifications'), { state: 'note', text: /CHANGE_FEED=poll/ }, told)
    t.match(found.get('READ COMMITTED'), { state: isolation }, told)
    t.match(found.get('row locks'), { state: isolation === 'ok' ? 'ok' : 'not tried' }, told)
    t.match(found.get('service'), { state: 'not tried', text: /search_path/ }, told)
    t.same((await schemas.execute(db)).rows, before, told)
  }
})

test('through PgBouncer in transaction mode, settings of the service reach no other database user', async (t) => {
  const database = await createTestDatabase()
  const [own, other] = [`${database.name}_own`, `${database.name}_other`]
  await asAdmin(async (admin) => {
    for (const role of [own, other]) await admin.query(`create role ${role} login`)
    await admin.query(`alter role ${own} set datestyle = 'SQL, DMY'`)
  })
  const { db } = openTestDatabase(database.url)
  await sql.raw(`grant all on all tables in schema public to ${own}`).execute(db)
  await db.destroy()
  const proxy = await startDatabaseProxy(database.url)
  t.teardown(async () => {
    await proxy.close()
    await database.drop()
    await asAdmin(async (admin) => {
      for (const role of [own, other]) await admin.query(`drop role ${role}`)
    })
  })
  const pooler = await startPgBouncer(t, proxy.url, [own, other])
  const settingsOf = async (user: string): Promise<Record<string, string>> => {
    const client = new Client({ connectionString: pooler.urlFor(user) })
    await client.connect()
    const { rows } = await client.query(
      `select name, setting from pg_settings
        where source = 'session' and name <> 'application_name' order by name`,
    )
    await client.end()
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
  }
  const before = await settingsOf(other)

  const service = await startTestService(t, {
    database: { ...database, url: pooler.urlFor(own) },
    settings: { CHANGE_FEED: 'poll', DATABASE_STATEMENT_TIMEOUT_MS: '54321' },
  })
  const { root } = service
  const account = await newAccount(root)
  const { id, token } = await newKey(root, account)
  t.equal((await root.verify(token)).valid, true)
  t.equal((await root.get(`/v1/accounts/${account}/api-keys`)).status, 200)
  t.equal((await root.post(`/v1/accounts/${account}/api-keys/${id}/revoke`)).status, 200)
  t.match(await root.verify(token), { valid: false, reason: 'revoked' })

  t.match(service.logLines.join(''), unchecked, 'one server connection is too few for the check')
  t.same(await settingsOf(other), before, 'another user sees none of its settings')
  const { statement_timeout: left } = await settingsOf(own)
  t.type(left, 'string', 'a client that shares its user does')
})
