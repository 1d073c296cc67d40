/** What clients that read one page see of an account with more than a hundred keys and lists. */
import t, { type Test } from 'tap'
import { type AeonTenant, startAeonService } from '../helpers/aeon.ts'
import type { Json } from '../helpers/api.ts'
import { connectRaw } from '../helpers/instances.ts'
import {
  createKey,
  createList,
  deleteList,
  listKeys,
  listLists,
  listRoles,
} from '../helpers/ybm.ts'

const service = await startAeonService(t)

t.test('ybm lists, uses and deletes the oldest of 130 allow lists', async (t) => {
  const { admin, account } = await service.newTenant()
  await createList(admin, { name: 'office', description: '', allow_list: ['192.0.2.1'] })
  await addLists(t, account.id, 130)
  t.equal((await listLists(admin)).length, 131, 'the first page has all of them')
  t.equal((await listLists(admin, 'office')).length, 1)
  const { lists } = await createKey(admin, { name: 'k', hours: 1, lists: ['office', 'list 1'] })
  t.same(lists.split(', ').sort(), ['list 1', 'office'])
  await deleteList(admin, 'list 2')
  t.equal((await listLists(admin)).length, 130)
})

t.test('ybm lists 1,105 keys: a thousand on its page, and the others on the next', async (t) => {
  const tenant = await service.newTenant()
  const { admin, account } = tenant
  await addKeys(t, tenant, 1_104)
  t.equal((await listKeys(admin)).length, 1_000)
  const path = `/accounts/${account.id}/api-keys`
  const first = await admin.take('GET', path)
  const token = first._metadata.continuation_token
  const second = await admin.take('GET', `${path}?continuation_token=${token}`)
  t.equal(second.data.length, 105)
  t.equal(second._metadata.continuation_token, null)
  const names = [...first.data, ...second.data].map((key: Json) => key.spec.name)
  t.equal(new Set(names).size, 1_105)

  await t.test('a role counts all active keys', async (t) => {
    const [role] = await listRoles(admin, { name: 'Admin' })
    t.equal(role?.info.api_keys.length, 1_105)
    t.equal(role?.info.api_keys[0].name, 'key 1104', 'the newest first')
    const whole = await admin.take('GET', `/accounts/${account.id}/roles/${role?.info.id}`)
    t.same(whole.data.info.api_keys, role?.info.api_keys)
  })
})

/** Straight by SQL: a hundred requests prove no more than one statement. */
async function addLists(t: Test, accountId: string, count: number): Promise<void> {
  const raw = await connectRaw(t, service.database.url)
  await raw.query(
    `insert into allow_list (id, account_id, name, description, entries, created_at, updated_at, live)
     select gen_random_uuid(), $1, 'list ' || n, '', '{10.0.0.1}', now(), now(), true
     from generate_series(1, $2::integer) as n`,
    [accountId, count],
  )
}

/** Copies of the tenant's own key, newer than it. */
async function addKeys(t: Test, { account }: AeonTenant, count: number): Promise<void> {
  const raw = await connectRaw(t, service.database.url)
  await raw.query(
    `with made as (
       insert into api_key (id, account_id, name, description, role_id, reach, token_prefix,
         created_at, created_by_kind, created_by_id, created_by_name, live)
       select gen_random_uuid(), account_id, 'key ' || n, '', role_id, reach, token_prefix,
         created_at + n * interval '1 second', created_by_kind, created_by_id, created_by_name, true
       from api_key, generate_series(1, $2::integer) as n where account_id = $1 and name = 'console'
       returning id
     )
     insert into credential (api_key_id, generation, tag, tag_key_id, hash, hash_profile, created_at)
     select made.id, 1, tag, tag_key_id, hash, hash_profile, credential.created_at
     from made, credential join api_key on api_key.id = api_key_id
     where account_id = $1 and name = 'console'`,
    [account.id, count],
  )
}
