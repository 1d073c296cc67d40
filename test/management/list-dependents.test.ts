import t from 'tap'
import { listDependents } from '../../src/management/api-keys/list-dependents.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'

const { root, service } = await startTestService(t)
const { db } = service.deps
const deps = {
  now: () => new Date(),
  longReads: { run: <T>(read: (of: typeof db) => T) => read(db) },
}

t.test('beyond the limit each role and allow list is shown with its newest keys', async (t) => {
  const account = await newAccount(root)
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const roles = [
    await newRole(root, account, 'busy', ['cluster:read']),
    await newRole(root, account, 'calm', ['cluster:read']),
  ]
  for (const [index, name] of ['first', 'second', 'third'].entries()) {
    await newKey(root, account, { name, role: roles[0], allow_list_ids: index > 0 ? [list] : [] })
  }
  await newKey(root, account, { name: 'only', role: roles[1] })
  const shown = async (of: Parameters<typeof listDependents>[2], limit: number) => {
    const found = await listDependents(deps as never, account, of, limit)
    return found.map(({ name }) => name).sort()
  }
  t.same(await shown({ roleIds: roles }, 4), ['first', 'only', 'second', 'third'])
  t.same(await shown({ roleIds: roles }, 3), ['only', 'third'], 'one key for each role')
  t.same(await shown({ allowListIds: [list] }, 2), ['second', 'third'])
  t.same(await shown({ allowListIds: [list] }, 1), ['third'])
})
