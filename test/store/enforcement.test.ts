/** The service relies on constraints and triggers: it does not run where they do not hold. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import {
  explainUnmet,
  mend,
  type ReliedOn,
  reliedOn,
  unmetOf,
  unmetParameters,
  unmetQuery,
} from '../../src/store/relied-on.ts'
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
import { startTestService, type TestServiceOptions } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const before = '203.0.113.0/24'
const removed = { client_ip: '203.0.113.9' }

t.test('a running service uses no session in which constraints do not hold', async (t) => {
  const { root, account, list, key, database, logLines } = await serviceWithList(t)
  const { rows } = await asAdmin((admin) => admin.query('select current_user as role'))
  const setting = `alter role ${rows[0].role} in database ${database.name}`
  await asAdmin((admin) => admin.query(`${setting} set session_replication_role = replica`))
  await endSessions(database)
  const path = `/v1/accounts/${account}/allow-lists/${list}?wait_ms=30000`
  const edit = () => root.patch(path, { entries: ['198.51.100.0/24'] })
  await until('its sessions are gone', async () => (await root.get('/v1/accounts')).status === 503)
  assertProblem(t, await edit(), { status: 503, code: 'unavailable' }, 'an edit')
  // The first refusals may be those of sessions that were ended.
  await until('the log names the setting', async () => {
    await root.get('/v1/accounts')
    return logLines.some((line) => line.includes('session_replication_role is replica'))
  })

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

t.test(
  'what the schema lacks of what the service relies on is named, with its remedy',
  async (t) => {
    const database = await createTestDatabase()
    t.teardown(() => database.drop())
    const raw = await connectRaw(t, database.url)
    const lacks = async () => unmetOf((await raw.query(unmetQuery, [...unmetParameters])).rows)
    t.same(await lacks(), [])
    t.ok(reliedOn.length > 100)
    for (const { relation, kind, name } of reliedOn) {
      await raw.query('begin')
      await raw.query(removal(relation, kind, name))
      const missing = await lacks()
      t.ok(missing.some((unmet) => unmet.relation === relation && unmet.name === name))
      t.match(explainUnmet(missing), `${missing[0]?.name} of ${missing[0]?.relation}`)
      for (const unmet of missing) await raw.query(mend(unmet))
      t.same(await lacks(), [], `${relation}.${name} is mended by the statement that is named`)
      await raw.query('rollback')
    }
    // What a restore leaves that was stopped before it had looked at the rows.
    await raw.query(`alter table api_key drop constraint api_key_account_id_fkey;
    alter table api_key add constraint api_key_account_id_fkey
      foreign key (account_id) references account (id) not valid;
    update pg_index set indisvalid = false where indexrelid = 'account_platform'::regclass`)
    const invalid = await lacks()
    t.match(invalid, [
      { name: 'account_platform', state: 'invalid' },
      { name: 'api_key_account_id_fkey', state: 'invalid' },
    ])
    for (const unmet of invalid) await raw.query(mend(unmet))
    t.same(await lacks(), [])
  },
)

t.test('a service does not start on a schema that lacks what it relies on', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  await (await connectRaw(t, database.url)).query(`drop trigger allow_list_version on allow_list;
    alter table account drop constraint account_name_check; drop index account_platform`)
  await t.rejects(startTestService(t, { database }), {
    message:
      /account_platform of account, account_name_check of account, allow_list_version of allow_list\. .* run as the owner/,
  })
})

t.test('a running service stops using sessions that it has when constraints end', async (t) => {
  const { root, account, list, logLines, query } = await serviceWithList(t, often)
  const edit = () =>
    root.patch(`/v1/accounts/${account}/allow-lists/${list}`, { description: randomUUID() })
  for (const [harm, repair, named] of [
    [
      'alter table allow_list disable trigger allow_list_version',
      'alter table allow_list enable trigger allow_list_version',
      'disabled on allow_list',
    ],
    [
      'alter table account drop constraint account_name_check',
      reliedOn.find(({ name }) => name === 'account_name_check')?.statement ?? '',
      'account_name_check of account',
    ],
  ] as const) {
    t.equal((await edit()).status, 200)
    await query(harm)
    await until('edits are refused', async () => (await edit()).status === 503)
    t.ok(logLines.some((line) => line.includes(named)))
    t.equal((await root.get('/readyz')).status, 200, 'verifications from memory go on')
    await query(repair)
    await until('edits are made again', async () => (await edit()).status === 200)
  }
})

function removal(relation: string, kind: ReliedOn['kind'], name: string): string {
  switch (kind) {
    case 'constraint':
      return `alter table ${relation} drop constraint ${name} cascade`
    case 'unique_index':
      return `drop index ${name} cascade`
    case 'not_null':
      return `alter table ${relation} alter column ${name} drop not null`
    case 'trigger':
      return `drop trigger ${name} on ${relation}`
  }
}

/** How often a service looks at its schema. */
const often = { checkEveryMs: 50 }

async function serviceWithList(t: Test, options: Pick<TestServiceOptions, 'checkEveryMs'> = {}) {
  const database = await createTestDatabase()
  const raw = await connectRaw(t, database.url)
  t.teardown(() => database.drop())
  const { root, logLines } = await startCheckedService(t, { database, ...options })
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
