/** Exports of whole lists, as spreadsheets and programs read them. */
import { test } from 'tap'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'

/** Lists without filters: path, field of the answer, and cells of the CSV. */
const lists = [
  [
    '/v1/accounts/{account_id}/roles',
    'roles',
    ",'@deployer,,false,cluster:read cluster:update,0,0",
  ],
  [
    '/v1/accounts/{account_id}/allow-lists',
    'allow_lists',
    ",'=office,,203.0.113.0/24 2001:db8::/32,",
  ],
  ['/v1/accounts/{account_id}/users', 'users', 'id,name,email,email_verified,role_id,'],
  ['/v1/accounts', 'accounts', ",'-1,"],
] as const

test('an export has every item that the filters select, in both formats', async (t) => {
  const { root, as } = await startCheckedService(t)
  const account = await newAccount(root)
  const path = `/v1/accounts/${account}`
  const names = Array.from({ length: 205 }, (_, place) => `key ${String(place).padStart(3, '0')}`)
  for (const name of names) await newKey(root, account, { name, role: 'viewer' })

  await t.test(
    'an NDJSON export is the list, page after page, and ends with the count',
    async (t) => {
      const { status, headers, text } = await root.get(`${path}/api-keys/export?format=ndjson`)
      t.equal(status, 200)
      t.equal(headers['content-type'], 'application/x-ndjson; charset=utf-8')
      t.equal(headers['content-disposition'], 'attachment; filename="api-keys.ndjson"')
      t.equal(headers['cache-control'], 'no-store')
      const lines = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      t.same(lines.at(-1), { count: 205 })
      t.same(
        lines.slice(0, -1).map(({ name }) => name),
        names,
      )
      const list = (await root.get(`${path}/api-keys?limit=1&sort=created_at`)).body.api_keys
      t.same(lines[0], list[0], 'each line is the key as lists show it')
    },
  )

  await t.test('a CSV export has a heading and a line for each key', async (t) => {
    const { headers, text } = await root.get(`${path}/api-keys/export?format=csv`)
    t.equal(headers['content-type'], 'text/csv; charset=utf-8')
    const lines = text.trimEnd().split('\r\n')
    t.equal(lines.length, 206)
    t.match(lines[0], /^id,name,description,status,role_id,role_name,/)
    t.match(lines[205], /,key 204,/)
  })

  await t.test('the filters of an export select its items, or none', async (t) => {
    const found = async (query: string) =>
      (await root.get(`${path}/api-keys/export?format=ndjson&${query}`)).text
    t.equal((await found('name_prefix=key%2010')).trimEnd().split('\n').length, 11)
    t.equal(await found('status=revoked'), '{"count":0}\n')
  })

  await t.test('the audit log is exported under its own permission', async (t) => {
    const log = `${path}/audit-events/export?format=`
    const lines = (await root.get(`${log}csv`)).text.trimEnd().split('\r\n')
    t.equal(lines.length, 207)
    t.match(lines[1], /^1,[^,]+,[^,]+,account\.created,/)
    const issued = (await root.get(`${log}ndjson&action=api_key.issued`)).text.trimEnd()
    t.same(JSON.parse(issued.split('\n').at(-1) ?? ''), { count: 205 })
    const { token } = await newKey(root, account, { role: 'developer' })
    t.equal((await as(token).get(`${log}csv`)).status, 403)
    t.equal((await as(token).get(`${path}/api-keys/export?format=csv`)).status, 403)
  })

  await t.test(
    'an export in a wrong format or with a wrong filter is an error before it begins',
    async (t) => {
      for (const query of [
        '',
        '?format=xml',
        '?format=csv&status=unknown',
        '?format=csv&limit=1',
      ]) {
        t.equal((await root.get(`${path}/api-keys/export${query}`)).status, 400, query)
      }
    },
  )

  await t.test('no name in a CSV export becomes a formula or more than one cell', async (t) => {
    for (const name of ['=cmd()', '+1', '-1', '@SUM(A1)']) await newKey(root, account, { name })
    await newKey(root, account, { name: 'a "b", c', description: 'two\nlines' })
    const { text } = await root.get(`${path}/api-keys/export?format=csv&role=admin`)
    for (const cell of ["'=cmd()", "'+1", "'-1", "'@SUM(A1)"])
      t.ok(text.includes(`,${cell},`), cell)
    t.ok(text.includes(',"a ""b"", c","two\nlines",'))
  })
})

test('every list has an export, under the permission of the list', async (t) => {
  const { root, as } = await startCheckedService(t)
  const accountId = await newAccount(root)
  await newAllowList(root, accountId, ['203.0.113.0/24', '2001:db8::/32'], '=office')
  await newRole(root, accountId, '@deployer', ['cluster:read', 'cluster:update'])
  await newAccount(root, '-1')
  const mayNothing = await newRole(root, accountId, 'nothing', [])
  const { token } = await newKey(root, accountId, { role: mayNothing })
  for (const [path, field, cells] of lists) {
    const of = path.replace('{account_id}', accountId)
    const items = (await root.get(`${of}?sort=created_at`)).body[field]
    const lines = (await root.get(`${of}/export?format=ndjson`)).text.trimEnd().split('\n')
    t.same(
      lines.map((line) => JSON.parse(line)),
      [...items, { count: items.length }],
      `NDJSON is the list of ${field}`,
    )
    const csv = await root.get(`${of}/export?format=csv`)
    t.equal(csv.text.split('\r\n').length, items.length + 2, `a line for each of ${field}`)
    t.ok(csv.text.includes(cells), `${cells} of ${field}`)
    const [name] = path.split('/').slice(-1)
    t.equal(csv.headers['content-disposition'], `attachment; filename="${name}.csv"`)
    t.equal((await as(token).get(`${of}/export?format=csv`)).status, 403, field)
  }
})

test('an export ends where the rights of its caller end, and shows that it is not whole', async (t) => {
  const { root, as, clock } = await startCheckedService(t)
  const account = await newAccount(root)
  for (let count = 0; count < 201; count += 1) await newKey(root, account)
  const expiresAt = new Date(Date.now() + 600_000).toISOString()
  const { token } = await newKey(root, account, { expires_at: expiresAt })
  const outcomes = new Set<string>()
  // The clock is read several times: the key expires at each of these moments in turn.
  for (let moment = 1; moment <= 20; moment += 1) {
    let reads = 0
    Object.defineProperty(clock, 'offsetMs', {
      configurable: true,
      get: () => {
        reads += 1
        return reads > moment ? 1_200_000 : 0
      },
    })
    const path = `/v1/accounts/${account}/api-keys/export?format=ndjson`
    const answer = await as(token)
      .get(path)
      .catch(() => 'broken off')
    if (typeof answer === 'string') outcomes.add(answer)
    else if (answer.status === 200) {
      t.match(answer.text, /\n\{"count":202\}\n$/, 'an answer without a fault is whole')
      outcomes.add('whole')
    } else outcomes.add(String(answer.status))
  }
  t.same([...outcomes].sort(), ['401', 'broken off', 'whole'])
})
