/** The service relies on constraints and triggers: it does not run where they do not hold. */
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { guardedTables, ownTriggers } from '../../src/store/server-fitness.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import {
  asAdmin,
  createTestDatabase,
  openTestDatabase,
  type TestDatabase,
} from '../helpers/database.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { assertProblem } from '../helpers/problems.ts'
import { until } from '../helpers/process.ts'

const before = '203.0.113.0/24'
const removed = { client_ip: '203.0.113.9' }

t.test('a running service uses no session in which constraints do not hold', async (t) => {
  const { root, account, list, key, database, logLines } = await serviceWithList(t)
  const { rows } = await asAdmin((admin) => admin.query('select current_user as role'))
  const setting = `alter role ${rows[0].role} in database ${database.name}`
  await asAdmin((admin) => admin.query(`${setting} set session_replication_role = replica`))
  await endSessions(database)
  const edit = () =>
    root.patch(`/v1/accounts/${account}/allow-lists/${list}`, { entries: ['198.51.100.0/24'] })
  await until('its sessions are gone', async () => (await root.get('/v1/accounts')).status === 503)
  assertProblem(t, await edit(), { status: 503, code: 'unavailable' }, 'an edit')
  t.ok(logLines.some((line) => line.includes('session_replication_role is replica')))

  await asAdmin((admin) => admin.query(`${setting} reset session_replication_role`))
  await until('it is back', async () => (await root.get('/v1/accounts')).status === 200)
  t.match(await edit(), { status: 200, body: { receipt: { state: 'complete' } } })
  t.match(await root.verify(key.token, removed), { valid: false })
})

t.test('an edit of an allow list takes effect while its trigger is disabled', async (t) => {
  const { root, account, list, key, query } = await serviceWithList(t)
  await query('alter table allow_list disable trigger user')
  const edited = await root.patch(`/v1/accounts/${account}/allow-lists/${list}`, {
    entries: ['198.51.100.0/24'],
  })
  t.match(edited, { status: 200, body: { receipt: { state: 'complete' } } })
  t.match(await root.verify(key.token, removed), { valid: false })
  // The end of the service writes by sessions that need the trigger.
  await query('alter table allow_list enable trigger user')
})

t.test('a new session is refused by name while a trigger of ours is disabled', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const raw = await connectRaw(t, database.url)
  const { rows } = await raw.query<{ relation: string; name: string; internal: boolean }>(
    `select tgrelid::regclass::text as relation, tgname as name, tgisinternal as internal
     from pg_trigger order by 1, 2`,
  )
  const own = rows.filter(({ internal }) => !internal).map(({ name }) => name)
  t.same(own.toSorted(), ownTriggers.toSorted(), 'all triggers are known')
  t.same([...new Set(rows.map(({ relation }) => relation))].toSorted(), guardedTables.toSorted())
  const connect = async () => {
    const { db } = openTestDatabase(database.url)
    await sql`select`.execute(db).finally(() => db.destroy())
  }
  for (const { relation, name } of rows) {
    for (const state of ['disable', 'enable replica']) {
      await raw.query(`alter table ${relation} ${state} trigger "${name}"`)
      await t.rejects(connect(), { message: new RegExp(`disabled on ${relation}\\. Enable`) }, name)
    }
    await raw.query(`alter table ${relation} enable trigger "${name}"`)
  }
  await raw.query(`create function nothing() returns trigger language plpgsql as 'begin return new; end';
    create trigger theirs before insert on account for each row execute function nothing();
    alter table account disable trigger theirs`)
  await connect()
})

async function serviceWithList(t: Test) {
  const database = await createTestDatabase()
  const raw = await connectRaw(t, database.url)
  t.teardown(() => database.drop())
  const { root, logLines } = await startCheckedService(t, { database })
  const account = await newAccount(root)
  const list = await newAllowList(root, account, [before])
  const key = await newKey(root, account, { allow_list_ids: [list] })
  t.match(await root.verify(key.token, removed), { valid: true })
  const query = async (text: string) => void (await raw.query(text))
  return { root, account, list, key, database, logLines, query }
}

async function endSessions({ name }: TestDatabase): Promise<void> {
  await asAdmin((admin) =>
    admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      name,
    ]),
  )
}
