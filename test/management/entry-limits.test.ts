import { Client } from 'pg'
import t from 'tap'
import { startAeonService } from '../helpers/aeon.ts'
import { newAllowList, newKey } from '../helpers/fixtures.ts'

const service = await startAeonService(t)
const { root } = service
const raw = new Client({ connectionString: service.database.url })
await raw.connect()
t.teardown(() => raw.end())

const tooMany = (field: string, entries: number) => ({
  status: 400,
  body: {
    code: 'invalid_request',
    errors: [
      {
        field,
        rule: 'max_entries',
        message: `The allow lists of a key must have at most 1000 entries together; with this change a key would have ${entries}.`,
      },
    ],
  },
})

t.test('no key is issued with allow lists of more than 1,000 entries together', async (t) => {
  const { account, admin } = await service.newTenant()
  const lists = await newLists(account.id, 11)
  const issue = (allow_list_ids: readonly (string | undefined)[]) =>
    root.post(`/v1/accounts/${account.id}/api-keys`, {
      name: `key of ${allow_list_ids.length}`,
      role: 'viewer',
      expires_at: null,
      allow_list_ids,
    })
  t.match(await issue(lists), tooMany('/allow_list_ids', 1_100))
  t.match(await issue(lists.slice(1)), { status: 201 }, '1,000 entries are allowed')
  const answer = await admin.call('POST', `/accounts/${account.id}/api-keys`, {
    body: { name: 'aeon', expire_after_hours: 1, allow_list_info: lists },
  })
  t.match(answer, {
    status: 400,
    body: {
      error: { detail: /^allow_list_info: The allow lists of a key must have at most 1000/ },
    },
  })
})

t.test('no change of a key or of an allow list takes a key beyond 1,000 entries', async (t) => {
  const { account } = await service.newTenant()
  const lists = await newLists(account.id, 11)
  const small = await newAllowList(root, account.id, ['192.0.2.1'], 'small')
  const nine = lists.slice(0, 9)
  const key = await newKey(root, account.id, {
    role: 'viewer',
    allow_list_ids: [...nine, small],
  })
  t.match(await bind(account.id, key.id, lists), tooMany('/allow_list_ids', 1_100))
  t.match(await bind(account.id, key.id, lists.slice(0, 10)), { status: 200 })
  t.match(await bind(account.id, key.id, [...nine, small]), { status: 200 })

  t.match(await edit(account.id, small, entriesOf(20, 99)), { status: 200 })
  t.match(await edit(account.id, small, entriesOf(20, 100)), { status: 200 })
  const full = await newAllowList(root, account.id, ['192.0.2.2'], 'one more')
  t.match(await bind(account.id, key.id, [...nine, small, full]), tooMany('/allow_list_ids', 1_001))
  t.match(await edit(account.id, lists[0], entriesOf(0, 99)), { status: 200 })
  t.match(await bind(account.id, key.id, [...nine, small, full]), { status: 200 })
  t.match(await edit(account.id, full, entriesOf(30, 2)), tooMany('/entries', 1_001))
  t.match(await edit(account.id, full, ['192.0.2.3']), { status: 200 }, 'as many as before')
  await root.post(`/v1/accounts/${account.id}/api-keys/${key.id}/revoke`)
  t.match(await edit(account.id, full, entriesOf(30, 2)), { status: 200 }, 'no live key has it')
})

t.test('a key beyond the limit since an earlier version goes on working', async (t) => {
  const { account } = await service.newTenant()
  const lists = await newLists(account.id, 12)
  const key = await newKey(root, account.id, { role: 'viewer', allow_list_ids: [lists[0]] })
  await raw.query(
    `insert into api_key_allow_list (account_id, api_key_id, allow_list_id, live)
     select $1, $2, id, true from unnest($3::uuid[]) as id`,
    [account.id, key.id, lists.slice(1, 11)],
  )
  // The statement above tells no instance of it: an edit does.
  t.match(await edit(account.id, lists[0], entriesOf(40, 100)), { status: 200 }, 'no more entries')
  t.match(await root.verify(key.token, { client_ip: '10.40.0.7' }), { valid: true })
  t.match(await root.verify(key.token, { client_ip: '10.10.0.7' }), { valid: true })
  t.match(await edit(account.id, lists[0], entriesOf(40, 99)), { status: 200 }, 'fewer entries')
  t.match(await edit(account.id, lists[0], entriesOf(40, 100)), tooMany('/entries', 1_100))
  t.match(await bind(account.id, key.id, lists.slice(0, 12)), tooMany('/allow_list_ids', 1_199))
  const others = [...lists.slice(0, 10), lists[11]]
  t.match(await bind(account.id, key.id, others), { status: 200 }, 'other lists, no more entries')
  t.match(await bind(account.id, key.id, lists.slice(0, 5)), { status: 200 })
})

/** Lists of 100 entries each. */
async function newLists(accountId: string, count: number): Promise<string[]> {
  const lists: string[] = []
  for (let list = 0; list < count; list += 1) {
    lists.push(await newAllowList(root, accountId, entriesOf(list, 100), `list ${list}`))
  }
  return lists
}

function entriesOf(list: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `10.${list}.0.${index}`)
}

function edit(accountId: string, id: string | undefined, entries: readonly string[]) {
  return root.patch(`/v1/accounts/${accountId}/allow-lists/${id}`, { entries })
}

async function bind(accountId: string, id: string, allow_list_ids: readonly unknown[]) {
  const path = `/v1/accounts/${accountId}/api-keys/${id}`
  const { headers } = await root.get(path)
  return root.call('PATCH', path, {
    body: { allow_list_ids },
    headers: { 'if-match': String(headers.etag) },
  })
}
