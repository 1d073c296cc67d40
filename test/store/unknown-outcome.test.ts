/** A COMMIT that the server did not confirm is neither a success nor a failure. */
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { OutcomeUnknownError } from '../../src/store/faults.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import { createTestDatabase, openTestDatabase } from '../helpers/database.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { assertProblem } from '../helpers/problems.ts'
import { startTestService } from '../helpers/service.ts'

/** Says the server at COMMIT, and is not known to have committed or not. */
const unknown = ['40003', '08007', 'XX000', '57P01', '58030', '53100']

t.test('a SQLSTATE at COMMIT that leaves the outcome open is not retried', async (t) => {
  const { db, failAtCommit } = await failing(t)
  for (const code of unknown) {
    await failAtCommit(code)
    let attempts = 0
    const change = inTransaction(db, async (trx) => {
      attempts += 1
      await sql`update sweep set swept_to = now() where name = 'expired'`.execute(trx)
    })
    await t.rejects(change, OutcomeUnknownError, code)
    t.equal(attempts, 1, code)
  }
})

t.test('a SQLSTATE before COMMIT means that nothing was committed', async (t) => {
  const { db } = await failing(t)
  for (const code of unknown) {
    const change = inTransaction(db, async (trx) => {
      await sql`select raise(${code})`.execute(trx)
    })
    await t.rejects(change, { code }, code)
  }
})

t.test('a revocation that the server does not confirm (40003) is outcome_unknown', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  const { root } = await startTestService(t, { database })
  const account = await newAccount(root)
  const { id } = await newKey(root, account)
  const raw = await connectRaw(t, database.url)
  await raw.query(raiseFunction)
  await raw.query(raiseAtCommit('40003', 'api_key'))
  const at = `/v1/accounts/${account}/api-keys/${id}/revoke`
  assertProblem(t, await root.post(at), { status: 503, code: 'outcome_unknown' }, 'nobody knows')
  await raw.query('drop trigger raise_at_commit on api_key')
  t.match(await root.post(at), { status: 200 }, 'and can be repeated')
})

const raiseFunction = `create function raise(code text) returns void language plpgsql as $$
  begin raise exception 'on purpose' using errcode = code; end $$`

/** A deferred constraint trigger fires at COMMIT. */
function raiseAtCommit(code: string, table: string): string {
  return `drop trigger if exists raise_at_commit on ${table};
    create or replace function raise_at_commit() returns trigger language plpgsql as $$
      begin perform raise('${code}'); return null; end $$;
    create constraint trigger raise_at_commit after update on ${table}
      deferrable initially deferred for each row execute function raise_at_commit()`
}

async function failing(t: Test) {
  const database = await createTestDatabase()
  const raw = await connectRaw(t, database.url)
  await raw.query(raiseFunction)
  const { db } = openTestDatabase(database.url)
  t.teardown(async () => {
    await db.destroy()
    await database.drop()
  })
  return { db, failAtCommit: (code: string) => raw.query(raiseAtCommit(code, 'sweep')) }
}
