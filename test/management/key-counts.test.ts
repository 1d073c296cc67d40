/** What uses a role or an allow list, as the answers that list and get them say. */
import { test } from 'tap'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'

test('a role and a list count the keys that are neither revoked nor expired', async (t) => {
  const { root, clock } = await startCheckedService(t)
  const account = await newAccount(root)
  const path = `/v1/accounts/${account}`
  const role = await newRole(root, account, 'deployer', ['cluster:read'])
  const list = await newAllowList(root, account, ['203.0.113.7'])
  const unused = await newRole(root, account, 'unused', ['cluster:read'])
  const counts = async () => {
    const roles = (await root.get(`${path}/roles`)).body.roles
    const lists = (await root.get(`${path}/allow-lists`)).body.allow_lists
    const countOf = (items: readonly { id: string; key_count: number }[], id: string) =>
      items.find((item) => item.id === id)?.key_count
    const one = (await root.get(`${path}/roles/${role}`)).body.role.key_count
    const oneList = (await root.get(`${path}/allow-lists/${list}`)).body.allow_list.key_count
    t.equal(one, countOf(roles, role), 'the role alone says the same as the list of roles')
    t.equal(oneList, countOf(lists, list), 'the allow list alone says the same as all lists')
    t.equal(countOf(roles, unused), 0)
    return [countOf(roles, role), countOf(lists, list)]
  }
  t.same(await counts(), [0, 0])

  const restricted = { role, allow_list_ids: [list] }
  const { id: revoked } = await newKey(root, account, restricted)
  const { id: disabled } = await newKey(root, account, restricted)
  const soon = new Date(Date.now() + 60_000).toISOString()
  await newKey(root, account, { ...restricted, expires_at: soon })
  await newKey(root, account, { role })
  const other = await newAccount(root, 'Other')
  await newKey(root, other)
  t.same(await counts(), [4, 3])

  await root.post(`${path}/api-keys/${disabled}/disable`)
  t.same(await counts(), [4, 3], 'a disabled key still holds its role and lists')
  await root.post(`${path}/api-keys/${revoked}/revoke`)
  t.same(await counts(), [3, 2], 'a revoked key holds nothing')
  clock.offsetMs += 120_000
  t.same(await counts(), [2, 1], 'an expired key does not count, released or not')
})
