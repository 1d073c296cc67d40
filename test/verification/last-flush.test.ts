/** What is counted in memory when the process ends. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import t from 'tap'
import { flushLast } from '../../src/process/flush-last.ts'
import { openTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { heat } from '../helpers/instances.ts'
import { startTestService } from '../helpers/service.ts'

t.test('a last flush that fails says how many uses are lost, and of which kind', async (t) => {
  const started = await startTestService(t)
  const { root, service, database, logLines } = started
  const { deps } = service
  const { token } = await newKey(root, await newAccount(root))
  await heat(started, token)
  await deps.uses.flush(deps.db)
  for (let use = 0; use < 5; use += 1) t.equal((await root.verify(token)).valid, true)
  // The uses of the caller of `root` count, too.
  const uses = deps.uses.count
  t.ok(uses >= 5)
  deps.sessions.uses.record(randomUUID(), new Date())
  const { db } = openTestDatabase(database.url)
  await sql`select 1`.execute(db)
  await db.destroy()
  await t.rejects(flushLast({ ...deps, db }), { message: 'The last flush failed.' })
  const told = logLines.map((line) => JSON.parse(line)).filter(({ lost }) => lost !== undefined)
  t.match(told, [{ level: 'error', lost: { uses, session_uses: 1, denials: 0 } }])
  t.equal(deps.uses.count, uses, 'a later flush may write them still')
  t.equal(deps.sessions.uses.size, 1)
})
