/** Every failure to connect to the database is an outage. */
import type { Socket } from 'node:net'
import { sql } from 'kysely'
import type { ClientBase } from 'pg'
import t from 'tap'
import { isUnavailable, whileConnecting } from '../../src/store/faults.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { asAdmin, createTestDatabase, openTestDatabase } from '../helpers/database.ts'
import { newAccount } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { assertProblem } from '../helpers/problems.ts'
import { until } from '../helpers/until.ts'

t.test(
  'a revoked right to connect to the database is an outage with its cause in the log',
  async (t) => {
    const database = await createTestDatabase()
    const { name } = database
    await asAdmin((admin) => admin.query(`create role ${name} login`))
    t.teardown(async () => {
      await database.drop()
      await asAdmin((admin) => admin.query(`drop role ${name}`))
    })
    const { db } = openTestDatabase(database.url)
    await sql.raw(`grant all on all tables in schema public to ${name}`).execute(db)
    await db.destroy()
    const url = database.url.replace(/^(\w+:\/\/)[^@/]*@/, `$1${name}@`)
    const { root, logLines } = await startCheckedService(t, { database: { ...database, url } })
    await newAccount(root)

    await asAdmin(async (admin) => {
      await admin.query(`revoke connect on database ${name} from public`)
      await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
        [name],
      )
    })
    const refused = async () => (await root.get('/v1/accounts')).status === 503
    await until('its connections are gone', refused)
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = await root.get('/v1/accounts')
      assertProblem(t, answer, { status: 503, code: 'unavailable' }, 'listing')
      t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
    }
    t.ok(logLines.some((line) => line.includes('permission denied for database')))
    await asAdmin((admin) => admin.query(`grant connect on database ${name} to public`))
    await until('it is back', async () => (await root.get('/v1/accounts')).status === 200)
  },
)

t.test(
  'while the service cannot reach its own tables, or they refuse, it is unavailable',
  async (t) => {
    const database = await createTestDatabase()
    const { name } = database
    const raw = await connectRaw(t, database.url)
    await asAdmin((admin) => admin.query(`create role ${name} login`))
    t.teardown(async () => {
      await database.drop()
      await asAdmin((admin) => admin.query(`drop role ${name}`))
    })
    await raw.query(`alter schema public rename to app; create schema public;
    revoke all on schema app from public;
    grant usage on schema app to ${name}; grant all on all tables in schema app to ${name};
    alter role ${name} in database ${name} set search_path = app`)
    const url = database.url.replace(/^(\w+:\/\/)[^@/]*@/, `$1${name}@`)
    const settings = { MIGRATE: 'off' }
    const { root, logLines, moment } = await startCheckedService(t, {
      database: { ...database, url },
      settings,
    })
    await newAccount(root)
    await raw.query(`create function app.refuse() returns trigger language plpgsql as
    'begin raise exception ''refused by another''; end'`)
    const endSessions = () =>
      raw.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${name}'`)
    const write = () => root.post('/v1/accounts', { name: 'more' })
    const read = () => root.get('/v1/accounts')
    const faults: readonly (readonly [
      begin: string,
      end: string,
      cause: RegExp,
      of: typeof read,
    ])[] = [
      [
        `revoke usage on schema app from ${name}`,
        `grant usage on schema app to ${name}`,
        /search_path \(app\)/,
        read,
      ],
      [
        'alter schema app rename to other',
        'alter schema other rename to app',
        /search_path \(app\)/,
        read,
      ],
      [
        'alter table app.account rename to other',
        'alter table app.other rename to account',
        /relation \\"account\\"/,
        read,
      ],
      [
        'alter table app.account rename name to other',
        'alter table app.account rename other to name',
        /column [a-z_.\\"]*name/,
        read,
      ],
      [
        'create trigger theirs before insert on app.account for each row execute function app.refuse()',
        'drop trigger theirs on app.account',
        /refused by another/,
        write,
      ],
    ]
    for (const [begin, end, cause, ask] of faults) {
      const seen = logLines.length
      await raw.query(begin)
      for (const sessions of ['live', 'new']) {
        if (sessions === 'new') {
          await endSessions()
          await until('live sessions are gone', async () => (await ask()).status === 503)
        }
        const answer = await ask()
        assertProblem(
          t,
          answer,
          { status: 503, code: 'unavailable' },
          `${begin}, ${sessions} sessions`,
        )
        t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
      }
      await until('its cause is told', async () => {
        await ask()
        return logLines.slice(seen).some((line) => cause.test(line))
      })
      const lines = logLines.slice(seen)
      t.notOk(
        lines.some((line) => line.includes('another history')),
        begin,
      )
      t.notOk(
        lines.some((line) => /(\b\w.{20,}): \1/.test(JSON.parse(line).err?.message ?? '')),
        'told once',
      )
      if (begin.includes('usage')) {
        moment.monotonicMs += 60_000
        await until('not ready', async () => (await root.get('/readyz')).status === 503)
      }
      await raw.query(end)
      await until('it is back', async () => (await ask()).status < 300)
    }
  },
)

t.test('every failure to connect to the database is an outage', async (t) => {
  const codes = ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED', 'ERR_TLS_X', 'EPROTO', '']
  for (const code of codes) {
    const error = Object.assign(new Error('no connection'), { code })
    t.ok(isUnavailable(whileConnecting(error)), code)
  }
})

t.test('whatever breaks a connection while it is used is an outage', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  for (const code of ['ENETDOWN', 'ECONNABORTED', 'EHOSTDOWN', 'CERT_HAS_EXPIRED', 'EOF', '']) {
    const { db, pool } = openTestDatabase(database.url)
    const connected: ClientBase[] = []
    pool.on('connect', (client) => void connected.push(client))
    const failing = sql`select pg_sleep(600)`.execute(db).then(
      () => undefined,
      (error: unknown) => error,
    )
    await until('the statement runs', async () => connected.length > 0)
    // pg keeps the socket of a client here.
    const { connection } = connected[0] as unknown as { connection: { stream: Socket } }
    connection.stream.destroy(Object.assign(new Error('broken'), { code }))
    t.ok(isUnavailable(await failing), code)
    await db.destroy()
  }
})

t.test('a fault of our own statement is no outage, and leaves the connection usable', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const { db } = openTestDatabase(database.url)
  for (const statement of ['select 1 / 0', 'selec', `select 'x'::int`, 'select 1 limit -1']) {
    const error = await sql
      .raw(statement)
      .execute(db)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
    t.equal(isUnavailable(error), false, statement)
  }
  await sql`select 1`.execute(db)
  await db.destroy()
})
