import t from 'tap'
import { asAdmin, createTestDatabase } from '../helpers/database.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { untilBlocked } from '../helpers/locks.ts'
import { startTestService } from '../helpers/service.ts'

t.test('the holder of the revision counter waits for no other lock', async (t) => {
  const database = await createTestDatabase()
  t.teardown(() => database.drop())
  // One who waits for a lock in a circle waits until the statement ends by its timeout.
  await asAdmin((admin) =>
    admin.query(`alter database ${database.name} set deadlock_timeout = '10min'`),
  )
  const { root } = await startTestService(t, { database })
  const raw = await connectRaw(t, database.url)
  const account = await newAccount(root)
  const roleId = await newRole(root, account, 'edited', ['cluster:read'])
  const listId = await newAllowList(root, account, ['10.0.0.1'])
  const key = await newKey(root, account, { role: roleId, allow_list_ids: [listId] })
  const role = { name: 'edited', permissions: [] }
  const entries = { entries: ['10.0.0.2'] }

  for (const verb of ['disable', 'enable', 'revoke']) {
    await t.test(
      `${verb} does not deadlock with edits of its role and its allow list`,
      async (t) => {
        await raw.query('begin; select from revision for update')
        const acting = root.post(`/v1/accounts/${account}/api-keys/${key.id}/${verb}`)
        await untilBlocked(raw, 1)
        const editing = [
          root.put(`/v1/accounts/${account}/roles/${roleId}`, role),
          root.patch(`/v1/accounts/${account}/allow-lists/${listId}`, entries),
        ]
        await untilBlocked(raw, 3)
        await raw.query('commit')
        for (const { status } of await Promise.all([acting, ...editing])) t.equal(status, 200)
      },
    )
  }
})
