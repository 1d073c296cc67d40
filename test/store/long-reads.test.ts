import { sql } from 'kysely'
import t from 'tap'
import { LongReads } from '../../src/store/long-reads.ts'
import { createTestDatabase, openTestDatabase } from '../helpers/database.ts'

t.test('a long read takes one process of the server, and leaves no setting behind', async (t) => {
  const { url, drop } = await createTestDatabase()
  const { db } = openTestDatabase(url)
  t.teardown(async () => {
    await db.destroy()
    await drop()
  })
  for (const name of [
    'parallel_setup_cost',
    'parallel_tuple_cost',
    'min_parallel_table_scan_size',
  ]) {
    await sql`select set_config(${name}, '0', false)`.execute(db)
  }
  await sql`create table many as select n from generate_series(1, 20000) n`.execute(db)
  const count = sql`explain select count(*) from many`
  const planOf = (rows: readonly unknown[]) => JSON.stringify(rows)

  t.match(planOf((await count.execute(db)).rows), /Workers Planned/, 'the plan can be parallel')
  const longReads = new LongReads({ db, timeoutMs: 4_321 })
  const { plan, timeout } = await longReads.run(async (trx) => ({
    plan: planOf((await count.execute(trx)).rows),
    timeout: await sql`show statement_timeout`.execute(trx),
  }))
  t.notMatch(plan, /Workers Planned/)
  t.same(timeout.rows, [{ statement_timeout: '4321ms' }])
  t.match(planOf((await count.execute(db)).rows), /Workers Planned/, 'the transaction alone had it')
})
