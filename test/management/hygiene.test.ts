import t from 'tap'
import { type HygieneFinding, hygieneFindings } from '../../src/domain/key/hygiene.ts'
import type { Json } from '../helpers/api.ts'
import { startCheckedService } from '../helpers/checked-service.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { assertInvalid } from '../helpers/problems.ts'

const aDayMs = 86_400_000
const { root, as, database, clock } = await startCheckedService(t)
const raw = await connectRaw(t, database.url)
const daysAgo = (days: number) => new Date(Date.now() - days * aDayMs).toISOString()
const inDays = (days: number) => daysAgo(-days)

const reportOf = async (account: string, query = '', api = root): Promise<Json> => {
  const { status, body } = await api.get(`/v1/accounts/${account}/api-keys/report${query}`)
  if (status !== 200) throw new Error(`report: ${status} ${JSON.stringify(body)}`)
  return body.report
}
const findingOf = (report: Json, name: HygieneFinding): Json =>
  report.findings.find(({ finding }: Json) => finding === name)
const namesOf = ({ api_keys: keys }: Json): string[] => keys.map(({ name }: Json) => name)

t.test('each hygiene finding names exactly the keys that it is true of', async (t) => {
  const account = await newAccount(root)
  const list = await newAllowList(root, account, ['10.0.0.0/8'])
  const plain = await newRole(root, account, 'plain', ['cluster:read'])
  const strong = await newRole(root, account, 'strong', ['api_key:create'])
  // Nothing is wrong with these values.
  const good = { role: plain, expires_at: inDays(30), allow_list_ids: [list] }
  const made = new Map<string, string>()
  const make = async (name: string, values: object = {}, usedDaysAgo: number | null = 1) => {
    const { id } = await newKey(root, account, { name, ...good, ...values })
    made.set(name, id)
    if (usedDaysAgo === null) return
    const at = daysAgo(usedDaysAgo)
    await raw.query('update credential set first_used_at = $2 where api_key_id = $1', [id, at])
    await raw.query('insert into api_key_usage values ($1, $2, $3, 1)', [id, account, at])
  }
  const by = (name: string, creator: string) =>
    raw.query(`update api_key set created_by_kind = 'user', created_by_id = $2 where id = $1`, [
      made.get(name),
      creator,
    ])
  const act = (name: string, verb: string) =>
    root.post(`/v1/accounts/${account}/api-keys/${made.get(name)}/${verb}`)

  await make('good')
  await make('never used', {}, null)
  await make('used 91 days ago', {}, 91)
  await make('used 88 days ago', {}, 88)
  await make('use was not written down', {}, 200)
  await raw.query('delete from api_key_usage where api_key_id = $1', [
    made.get('use was not written down'),
  ])
  await make('for ever', { expires_at: null })
  await make('anywhere', { allow_list_ids: [] })
  await make('strong', { role: strong })
  await make('disabled', { expires_at: null })
  await act('disabled', 'disable')
  await make('revoked', { expires_at: null, role: strong, allow_list_ids: [] }, null)
  await act('revoked', 'revoke')
  for (const name of ['left 1', 'left 2', 'left 3', 'alone', 'one of two', 'other of two']) {
    await make(name)
    await by(name, name.startsWith('left') ? 'user|left' : name.slice(-6))
  }
  await act('left 1', 'revoke')
  await act('left 3', 'revoke')
  await make('expired', { expires_at: inDays(0.5), role: strong, allow_list_ids: [] }, null)
  clock.offsetMs = aDayMs
  t.teardown(() => {
    clock.offsetMs = 0
  })

  const report = await reportOf(account)
  t.same(
    report.findings.map(({ finding }: Json) => finding),
    hygieneFindings,
  )
  const expected: Readonly<Record<HygieneFinding, readonly string[]>> = {
    never_used: ['never used'],
    unused_for_90_days: ['use was not written down', 'used 91 days ago'],
    never_expires: ['disabled', 'for ever'],
    usable_from_anywhere: ['anywhere'],
    sensitive_permission: ['strong'],
    last_of_its_creator: ['left 2'],
  }
  for (const finding of hygieneFindings) {
    const { count, api_keys: keys, next_cursor: next } = findingOf(report, finding)
    const wanted = expected[finding]
    t.same([count, namesOf({ api_keys: keys }), next], [wanted.length, wanted, null], finding)
  }
  t.equal(report.next_cursor, null)
  t.equal(report.examined, made.size - 3, 'revoked keys are not even looked at')
})

t.test('a hygiene finding is listed page by page without a gap', async (t) => {
  const account = await newAccount(root)
  const names: string[] = []
  for (let index = 0; index < 7; index += 1) {
    names.unshift(`key ${index}`)
    await newKey(root, account, {
      name: `key ${index}`,
      ...(index % 2 === 1 && { expires_at: inDays(9) }),
    })
  }
  const first = findingOf(await reportOf(account, '?limit=3'), 'never_used')
  t.match(first, { count: 7 })
  const listed = namesOf(first)
  let pages = 1
  for (let cursor = first.next_cursor; cursor !== null; pages += 1) {
    const report = await reportOf(account, `?limit=3&finding=never_used&cursor=${cursor}`)
    t.equal(report.findings.length, 1, 'and no other')
    listed.push(...namesOf(report.findings[0]))
    cursor = report.findings[0].next_cursor
  }
  t.same([listed, pages], [names, 3])
  const forEver = findingOf(await reportOf(account, '?finding=never_expires'), 'never_expires')
  t.same(
    namesOf(forEver),
    names.filter((_, index) => index % 2 === 0),
  )
})

t.test(
  'the hygiene report examines ten thousand keys at once and continues by cursor',
  async (t) => {
    const account = await newAccount(root)
    await raw.query(
      `insert into api_key (id, account_id, name, description, role_id, reach, token_prefix,
       created_at, created_by_kind, created_by_id, live)
     select gen_random_uuid(), $1, 'many ' || n, '', role.id, 'anywhere', 'aeon',
       date_trunc('milliseconds', now()) - n * interval '1 second', 'user', 'user|many', true
     from generate_series(1, 12500) n, role where account_id = $1 and name = 'viewer'`,
      [account],
    )
    const first = await reportOf(account)
    const second = await reportOf(account, `?cursor=${first.next_cursor}`)
    t.same([first.examined, second.examined, second.next_cursor], [10_000, 2_500, null])
    for (const [report, count] of [
      [first, 10_000],
      [second, 2_500],
    ]) {
      t.equal(findingOf(report, 'usable_from_anywhere').count, count)
      t.equal(findingOf(report, 'never_used').api_keys.length, 10)
      t.equal(findingOf(report, 'last_of_its_creator').count, 0)
    }
  },
)

t.test('a tenant reads only its own hygiene report, and bad queries are refused', async (t) => {
  const account = await newAccount(root)
  const admin = as((await newKey(root, account)).token)
  const report = await reportOf(account, '', admin)
  t.same(findingOf(report, 'never_expires').api_keys[0].created_by, {
    kind: 'platform',
    id: null,
    name: null,
  })
  const other = await newAccount(root, 'Other')
  t.equal((await admin.get(`/v1/accounts/${other}/api-keys/report`)).status, 404)
  for (const [query, field, rule] of [
    ['finding=nothing', '/finding', 'enum'],
    ['limit=0', '/limit', 'minimum'],
    ['limit=201', '/limit', 'maximum'],
    ['cursor=x', '/cursor', 'cursor'],
    ['sort=name', '/sort', 'unknown_field'],
  ] as const) {
    const answer = await admin.get(`/v1/accounts/${account}/api-keys/report?${query}`)
    assertInvalid(t, answer, [[field, rule]], query)
  }
})
