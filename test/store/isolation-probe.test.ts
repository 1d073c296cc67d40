/** READ COMMITTED is what it says, or the service does not start. */
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { isolationLevels } from '../../src/store/database.ts'
import { probeIsolation } from '../../src/store/isolation-probe.ts'
import { createTestDatabase, openTestDatabase } from '../helpers/database.ts'
import { connectRaw } from '../helpers/instances.ts'
import { startRewritingProxy } from '../helpers/rewriting-proxy.ts'
import { startTestService } from '../helpers/service.ts'
import { answerAsYugabyte } from '../helpers/yugabyte-alike.ts'

/** What YugabyteDB does while its flag is off. */
const intoSnapshots = [
  'set transaction isolation level read committed',
  "set transaction_isolation = 'repeatable read'",
] as const

t.test('the probe finds READ COMMITTED, whatever the default of the session', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  for (const isolation of isolationLevels) {
    const [{ db }, { db: otherDb }] = [open(t, database.url, isolation), open(t, database.url)]
    t.equal(await probeIsolation({ db, otherDb }), 'read_committed', isolation)
  }
})

t.test('the probe finds a snapshot where READ COMMITTED is none', async (t) => {
  const database = await createTestDatabase()
  const url = await startRewritingProxy(t, database.url, intoSnapshots)
  t.teardown(() => database.drop())
  const [{ db }, { db: otherDb }] = [open(t, url), open(t, url)]
  t.equal(await probeIsolation({ db, otherDb }), 'snapshot')
  await t.rejects(startTestService(t, { database: { ...database, url } }), {
    message: /does not see what is committed between .* Remove what changes the isolation level/,
  })
})

t.test('on YugabyteDB the refusal names the flag', async (t) => {
  const database = await createTestDatabase()
  await answerAsYugabyte(await connectRaw(t, database.url), '2025.2.3.1')
  const url = await startRewritingProxy(t, database.url, intoSnapshots)
  t.teardown(() => database.drop())
  await t.rejects(startTestService(t, { database: { ...database, url } }), {
    message: /the flag yb_enable_read_committed_isolation of every yb-tserver/,
  })
})

t.test('the probe ends where there is one connection only', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  // As behind a transaction pooler with one server connection.
  const { db } = open(t, database.url)
  t.equal(await probeIsolation({ db, otherDb: db, withinMs: 50 }), 'inconclusive')
  const { rows } = await sql`select 1 as one`.execute(db)
  t.same(rows, [{ one: 1 }], 'and leaves the connection as it was')
})

function open(t: Test, url: string, isolation?: (typeof isolationLevels)[number]) {
  const opened = openTestDatabase(url, isolation === undefined ? {} : { isolation })
  t.teardown(() => opened.db.destroy())
  return opened
}
