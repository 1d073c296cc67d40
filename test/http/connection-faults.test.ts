/** Every failure to connect to the database is an outage. */
import type { Socket } from 'node:net'
import { sql } from 'kysely'
import type { ClientBase } from 'pg'
import t from 'tap'
import { isUnavailable, whileConnecting } from '../../src/store/faults.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { asAdmin, createTestDatabase, openTestDatabase } from '../helpers/database.ts'
import { newAccount } from '../helpers/fixtures.ts'
import { assertProblem } from '../helpers/problems.ts'
import { until } from '../helpers/process.ts'

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
  for (const statement of ['select 1 / 0', 'select nothing', 'selec', `select 'x'::int`]) {
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
