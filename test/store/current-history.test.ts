/** What the pool does with connections to servers of another history than the instance follows. */
import { sql } from 'kysely'
import { DatabaseError } from 'pg'
import t, { type Test } from 'tap'
import type { History } from '../../src/domain/protocol/history.ts'
import type { OpenDatabase } from '../../src/store/database.ts'
import { isUnavailable } from '../../src/store/faults.ts'
import { identifyServer } from '../../src/store/history.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import { createTestDatabase, openTestDatabase } from '../helpers/database.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { until } from '../helpers/until.ts'

const database = await createTestDatabase()
t.teardown(() => database.drop())
const raw = await connectRaw(t, database.url)
const { history: real } = await identifyServer((text) => raw.query(text))
const other: History = { identity: '0000FFFF 1 1', serverStart: '1' }

t.test('before an instance is registered, the pool admits servers of every history', async (t) => {
  const { db } = open(t)
  t.ok(await processOf(db))
})

t.test('all sessions of a server report the same history', async (t) => {
  const { db, history } = open(t)
  t.match(real, { identity: /^[0-9A-F]{8} \d+ \d+$/, serverStart: /^\d+/ })
  history.follow(real)
  t.ok(await processOf(db))
})

t.test(
  'a server has no history if it lacks the functions, and not if it has a fault',
  async (t) => {
    const identifyAfter = (code: string) => {
      const fault = Object.assign(new DatabaseError('a fault', 0, 'error'), { code })
      const faults = [fault]
      return identifyServer(async (text) => {
        const thrown = faults.pop()
        if (thrown !== undefined) throw thrown
        return raw.query(text)
      })
    }
    for (const code of ['42883', '42501', '0A000']) {
      t.match(await identifyAfter(code), { history: null, inRecovery: false }, code)
    }
    // Faults that pass, from an internal error to an aborted transaction.
    for (const code of ['XX000', '40001', '40P01', '57014', '53200', '53300', '08006', '25P02']) {
      await t.rejects(identifyAfter(code), { code }, code)
    }
  },
)

t.test('once another history is met, the pool lends no connection made before', async (t) => {
  const { db, history } = open(t)
  history.follow(real)
  const first = await processOf(db)
  t.equal(await processOf(db), first, 'the pool keeps its connection')
  history.leave()
  const second = await processOf(db)
  t.not(second, first, 'though the new history is not known yet')
  history.follow(real)
  t.equal(await processOf(db), second)
})

t.test('nobody waits for the answer on a connection of an earlier history', async (t) => {
  for (const happens of ['leave', 'follow'] as const) {
    const { db, history } = open(t, 5_000)
    history.follow(real)
    await raw.query('begin; lock table tag_key in access exclusive mode')
    const reading = t.rejects(
      db.selectFrom('tag_key').selectAll().execute(),
      { name: 'OtherHistoryError' },
      happens,
    )
    await untilBlocked(raw)
    if (happens === 'leave') history.leave()
    else history.follow(other)
    await reading
    await raw.query('commit')
  }
})

t.test('a transaction of an earlier history is run again unless it was committing', async (t) => {
  const { db, history } = open(t, 5_000)
  history.follow(real)
  let runs = 0
  const processes = await inTransaction(db, async (trx) => {
    runs += 1
    if (runs === 1) history.leave()
    return sql`select pg_backend_pid() as pid`.execute(trx)
  })
  t.equal(runs, 2)
  t.equal(processes.rows.length, 1)
})

t.test('a commit on a connection of an earlier history has an unknown outcome', async (t) => {
  const { db, history } = open(t, 5_000)
  history.follow(real)
  await db.selectFrom('tag_key').selectAll().execute()
  const changing = inTransaction(db, async (trx) => {
    await trx.selectFrom('tag_key').selectAll().execute()
    // COMMIT is the next statement, and the history changes before its answer.
    process.nextTick(() => history.leave())
  })
  await t.rejects(changing, { name: 'OutcomeUnknownError' })
})

t.test('the pool refuses a new connection to a server of another history', async (t) => {
  const { db, history } = open(t)
  const told: (History | null)[] = []
  history.onRefusal((met) => told.push(met))
  history.follow(other)
  const refused = await processOf(db).catch((error: unknown) => error)
  t.match(refused, { name: 'ConnectionError', message: /another history/ })
  t.ok(isUnavailable(refused), 'an outage, and no denial')
  t.ok(told.length > 0 && told.length < 10, `told ${told.length} times`)
  t.same(told[0], real, 'who is asked to find out learns what was met')
  t.equal(history.refused, told.length)
})

t.test(
  'a request that waits for a connection gets one as soon as its history is followed',
  async (t) => {
    const { db, history } = open(t, 60_000)
    history.follow(other)
    const waiting = processOf(db)
    await until(async () => history.refused > 0)
    history.follow(real)
    t.ok(await waiting)
  },
)

t.test('the same identity of a server with another start time is another history', async (t) => {
  const { db, history } = open(t)
  history.follow({ identity: real?.identity ?? '', serverStart: '1' })
  await t.rejects(processOf(db), { name: 'ConnectionError', message: /another history/ })
})

function open(t: Test, connectTimeoutMs = 300): OpenDatabase {
  const opened = openTestDatabase(database.url, { connectTimeoutMs })
  t.teardown(() => opened.db.destroy())
  return opened
}

/** The server's process that the pool's only connection is to. */
async function processOf(db: OpenDatabase['db']): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
  return rows[0]?.pid ?? 0
}
