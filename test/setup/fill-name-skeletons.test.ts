import { sql } from 'kysely'
import { test } from 'tap'
import { fillNameSkeletons } from '../../src/setup/fill-name-skeletons.ts'
import { newAccount, newRole } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'

test('names that an earlier version stored get their skeletons batch by batch', async (t) => {
  const { root, service } = await startTestService(t)
  const { db } = service.deps
  const account = await newAccount(root)
  for (const name of ['one', 'two', 'three', 'four', 'five']) {
    await newRole(root, account, name, ['cluster:read'])
  }
  const missing = async () => {
    const { rows } =
      await sql`select from role where skeleton_of is distinct from name and live`.execute(db)
    return rows.length
  }
  await sql`update role set skeleton_of = null where account_id = ${account}`.execute(db)
  const all = await missing()
  t.ok(all >= 5)
  t.equal(await fillNameSkeletons(db, 1, 2), 0)
  t.equal(await missing(), all - 2, 'a start that is in a hurry fills one batch')
  t.equal(await fillNameSkeletons(db, Number.POSITIVE_INFINITY, 2), 0, 'none looks like another')
  t.equal(await missing(), 0)
})
