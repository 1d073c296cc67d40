import { Client } from 'pg'
import t from 'tap'
import type { Api, Json } from '../helpers/api.ts'
import { newAccount, newAllowList, newKey, newRole } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'

const sorts = ['created_at', '-created_at', 'name', '-name', 'expires_at', '-expires_at'] as const
type Sort = (typeof sorts)[number]

const anHourMs = 3_600_000
const started = await startTestService(t)
const { root, service, clock } = started
const raw = new Client({ connectionString: started.database.url })
await raw.connect()
t.teardown(() => raw.end())

t.afterEach(() => {
  clock.offsetMs = 0
})

t.test('every sort and filter of keys agrees with sorting and filtering in memory', async (t) => {
  const account = await newAccount(root)
  const seed = 20_261_123
  const random = createRandom(seed)
  t.comment(`seed ${seed}`)
  await insertRandomKeys(account, 150, random)
  const all = await pagesOf(root, account, '-created_at', 200)
  t.equal(all.length, 150)
  t.same(new Set(all.map((key) => key.status)).size, 4, 'all statuses are there')

  for (const sort of sorts) {
    const expected = all.toSorted(comparing(sort)).map(({ id }) => id)
    for (const limit of [200, 47, 7]) {
      const listed = await pagesOf(root, account, sort, limit)
      t.same(idsOf(listed), expected, `${sort} by ${limit}`)
    }
  }
  t.same(
    idsOf((await list(root, account, {})).api_keys),
    all.map(({ id }) => id).slice(0, 50),
    'the default is 50 of the latest first',
  )

  const middle = (field: string) => {
    const values = all.map((key) => key[field]).filter((value) => value !== null)
    return values.toSorted()[Math.floor(values.length / 2)]
  }
  const { role, created_by: creator } = all[3]
  const filters: readonly (readonly [Record<string, string>, (key: Json) => boolean])[] = [
    ...[
      'active',
      'disabled',
      'expired',
      'revoked',
      'active,disabled',
      'revoked,expired,active',
    ].map((status) => [{ status }, (key: Json) => status.split(',').includes(key.status)] as const),
    ...['a', 'A', 'é', '%', '_', '\\', 'a%', 'a_b', '100%', 'zzz', '🔑'].map(
      (name) => [{ name }, (key: Json) => key.name.startsWith(name)] as const,
    ),
    [{ role: role.id }, (key) => key.role.id === role.id],
    [{ role: role.id.toUpperCase() }, (key) => key.role.id === role.id],
    [{ role: role.name.toUpperCase() }, (key) => key.role.id === role.id],
    [{ role: 'no such role' }, () => false],
    [{ created_by: creator.id }, (key) => key.created_by.id === creator.id],
    [{ created_by: 'nobody' }, () => false],
    [
      { expires_before: middle('expires_at') },
      (key) => before(key.expires_at, middle('expires_at')),
    ],
    [
      { last_used_before: middle('last_used_at') },
      (key) => before(key.last_used_at, middle('last_used_at')),
    ],
    [
      { status: 'active', name: 'a', role: role.name },
      (key) => key.status === 'active' && key.name.startsWith('a') && key.role.id === role.id,
    ],
  ]
  for (const [filter, holds] of filters) {
    const sort = sorts[Math.floor(random() * sorts.length)] ?? 'name'
    const expected = all.filter(holds).toSorted(comparing(sort))
    const listed = await pagesOf(root, account, sort, 11, filter)
    t.same(idsOf(listed), idsOf(expected), `${JSON.stringify(filter)} by ${sort}`)
  }
})

t.test('keys are listed by the allow list that they use, until they are revoked', async (t) => {
  const account = await newAccount(root)
  const office = await newAllowList(root, account, ['203.0.113.0/24'], 'office')
  const home = await newAllowList(root, account, ['198.51.100.0/24'], 'home')
  const lists = [[office], [home], [office, home], []]
  for (let index = 0; index < 16; index += 1) {
    const allow_list_ids = lists[index % 4] ?? []
    const name = `${index % 3 === 0 ? 'build' : 'deploy'} ${index}`
    const { id } = await newKey(root, account, { name, allow_list_ids })
    if (index % 5 === 4) await root.post(`/v1/accounts/${account}/api-keys/${id}/revoke`)
    if (index % 5 === 3) await root.post(`/v1/accounts/${account}/api-keys/${id}/disable`)
  }
  const all = await pagesOf(root, account, '-created_at', 200)
  const uses = (id: string) => (key: Json) =>
    key.status !== 'revoked' && key.allow_list_ids.includes(id)
  const filters: readonly (readonly [Record<string, string>, (key: Json) => boolean])[] = [
    [{ allow_list: office }, uses(office)],
    [{ allow_list: office.toUpperCase() }, uses(office)],
    [{ allow_list: home, status: 'active' }, (key) => uses(home)(key) && key.status === 'active'],
    [
      { allow_list: office, search: 'bui' },
      (key) => uses(office)(key) && key.name.startsWith('build'),
    ],
    [{ allow_list: office, last_used_before: '2020-01-01T00:00:00Z' }, () => false],
    [{ allow_list: office, expires_before: '2020-01-01T00:00:00Z' }, () => false],
    [{ allow_list: '00000000-0000-4000-8000-000000000000' }, () => false],
  ]
  for (const [filter, holds] of filters) {
    for (const sort of sorts) {
      // With pages of one key the uses of a list are many, and with longer ones they are few.
      for (const limit of [1, 3]) {
        const expected = idsOf(all.filter(holds).toSorted(comparing(sort)))
        const listed = await pagesOf(root, account, sort, limit, filter)
        t.same(idsOf(listed), expected, `${JSON.stringify(filter)} by ${sort}, ${limit} a page`)
      }
    }
  }
})

t.test('keys that expire are listed consistently in every order', async (t) => {
  const account = await newAccount(root)
  await insertRandomKeys(account, 120, createRandom(7))
  const all = await pagesOf(root, account, '-created_at', 200)
  const expiries = all.map((key) => key.expires_at).filter((value) => value !== null)
  const [early, late] = [0.1, 0.9].map(
    (part) => expiries.toSorted()[Math.floor(part * expiries.length)],
  )
  const filters: readonly (readonly [Record<string, string>, (key: Json) => boolean])[] = [
    [{ expires_before: early }, (key) => before(key.expires_at, early)],
    [{ expires_before: late }, (key) => before(key.expires_at, late)],
    [{ status: 'expired' }, (key) => key.status === 'expired'],
    [
      { expires_before: late, status: 'active,disabled' },
      (key) => before(key.expires_at, late) && ['active', 'disabled'].includes(key.status),
    ],
    [
      { expires_before: late, last_used_before: late },
      (key) => before(key.expires_at, late) && before(key.last_used_at, late),
    ],
  ]
  for (const [row, [filter, holds]] of filters.entries()) {
    for (const [column, sort] of sorts.entries()) {
      const expected = idsOf(all.filter(holds).toSorted(comparing(sort)))
      t.not(expected.length, 0)
      // Each filter and each sort meets each length of a page: all of all are 900 pages.
      const limit = [2, 5, 47][(row + column) % 3] ?? 2
      const listed = await pagesOf(root, account, sort, limit, filter)
      t.same(idsOf(listed), expected, `${JSON.stringify(filter)} by ${sort}, ${limit} a page`)
    }
  }
})

t.test('keys that never expire sort last in both directions, and ties sort by id', async (t) => {
  const account = await newAccount(root)
  const soon = new Date(Date.now() + anHourMs).toISOString()
  const late = new Date(Date.now() + 2 * anHourMs).toISOString()
  const ids = new Map<string, string>()
  for (const [name, expires_at] of [
    ['never 1', null],
    ['late', late],
    ['never 2', null],
    ['soon 1', soon],
    ['soon 2', soon],
  ] as const) {
    ids.set((await newKey(root, account, { name, expires_at })).id, name)
  }
  await raw.query('update api_key set created_at = $2 where account_id = $1', [account, new Date()])
  const byId = [...ids.keys()].sort()
  const of = (kind: string) => byId.filter((id) => ids.get(id)?.startsWith(kind))
  const listed = async (sort: Sort) => idsOf(await pagesOf(root, account, sort, 1))
  const rising = [...of('soon'), ...of('late'), ...of('never')]
  const falling = [...of('late'), ...of('soon').reverse(), ...of('never').reverse()]
  t.same(await listed('expires_at'), rising)
  t.same(await listed('-expires_at'), falling)
  t.same(await listed('created_at'), byId)
  t.same(await listed('-created_at'), [...byId].reverse())
})

t.test('pages neither repeat nor lose a key when keys change between them', async (t) => {
  for (const sort of sorts) {
    const account = await newAccount(root)
    await insertRandomKeys(account, 40, createRandom(sort.length))
    const there = idsOf(await pagesOf(root, account, sort, 200))
    const listed: string[] = []
    let cursor: string | null = null
    for (let page = 0; page === 0 || cursor !== null; page += 1) {
      const { api_keys, next_cursor } = await list(root, account, {
        sort,
        limit: '6',
        ...(cursor !== null && { cursor }),
      })
      listed.push(...idsOf(api_keys))
      cursor = next_cursor
      for (const expires_at of [null, new Date(Date.now() + anHourMs).toISOString()]) {
        await newKey(root, account, {
          name: `${'a%é'[page % 3]} ${sort} ${page} ${expires_at}`,
          expires_at,
        })
      }
      await root.post(`/v1/accounts/${account}/api-keys/${there[page * 5]}/revoke`)
      await root.post(`/v1/accounts/${account}/api-keys/${listed.at(-1)}/revoke`)
    }
    t.equal(new Set(listed).size, listed.length, `${sort}: none twice`)
    t.same(
      there.filter((id) => !listed.includes(id)),
      [],
      `${sort}: none lost`,
    )
  }
})

t.test('a filtered key list continues while keys leave it', async (t) => {
  const account = await newAccount(root)
  const made: string[] = []
  for (let index = 0; index < 12; index += 1) made.push((await newKey(root, account)).id)
  const query = { status: 'active', sort: 'created_at', limit: '4' }
  const first = await list(root, account, query)
  t.same(idsOf(first.api_keys), made.slice(0, 4))
  for (const id of [made[3], made[4], made[11]]) {
    await root.post(`/v1/accounts/${account}/api-keys/${id}/revoke`)
  }
  const rest = await list(root, account, { ...query, limit: '6', cursor: first.next_cursor })
  t.same(idsOf(rest.api_keys), made.slice(5, 11))
  t.equal(rest.next_cursor, null, 'a last page that is full says that it is the last')
})

t.test('the status of a listed key is that of the moment of listing', async (t) => {
  const account = await newAccount(root)
  const expires_at = new Date(Date.now() + anHourMs).toISOString()
  const { id } = await newKey(root, account, { expires_at })
  const statuses = async () => {
    const found: string[] = []
    for (const status of ['active', 'disabled', 'expired', 'revoked']) {
      const { api_keys } = await list(root, account, { status })
      for (const key of api_keys) found.push(`${status} ${key.status}`)
    }
    return found
  }
  const act = (verb: string) => root.post(`/v1/accounts/${account}/api-keys/${id}/${verb}`)
  t.same(await statuses(), ['active active'])
  clock.offsetMs = anHourMs + 1_000
  t.same(await statuses(), ['expired expired'])
  await act('disable')
  t.same(await statuses(), ['disabled disabled'], 'disabled says more than expired')
  await act('revoke')
  t.same(await statuses(), ['revoked revoked'], 'and revoked more than either')
})

t.test(
  'a page cursor is bound to its list and sort, and is no place in another account',
  async (t) => {
    const account = await newAccount(root)
    const other = await newAccount(root)
    const otherAdmin = started.as((await newKey(root, other, { name: 'their own' })).token)
    for (const name of ['a', 'b', 'c']) await newKey(root, account, { name })
    for (const name of ['bb', 'z']) await newKey(root, other, { name })
    const page = await list(root, account, { sort: 'name', limit: '2' })
    const cursor: string = page.next_cursor
    t.equal((await otherAdmin.get(pathOf(other, { sort: 'name', cursor }))).status, 400)
    t.equal((await otherAdmin.get(pathOf(account, { sort: 'name', cursor }))).status, 404)
    const ofList: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())[4]
    const faulty = [
      { sort: '-name', cursor },
      { sort: 'created_at', cursor },
      { cursor },
      { sort: 'name', cursor: 'x' },
      { sort: 'name', cursor: cursor.slice(0, -8) },
      ...[
        ['name', false, 'a', 'x'],
        ['name', false, null, page.api_keys[0].id],
        ['name', false, 'a\0', page.api_keys[0].id],
        ['name', false, 'a'],
      ].map((parts) => ({ sort: 'name', cursor: encode([...parts, ofList]) })),
      ...[
        'yesterday',
        '+275760-09-13T00:00:00.000Z',
        '-000001-01-01T00:00:00.000Z',
        'infinity',
      ].map((time) => ({
        cursor: encode(['created_at', true, time, page.api_keys[0].id, ofList]),
      })),
      { sort: 'id' },
      { sort: '--name' },
      { limit: '0' },
      { limit: '201' },
      { limit: '1.5' },
      { status: 'good' },
      { status: 'active,' },
      { expires_before: 'tomorrow' },
      { colour: 'red' },
    ]
    for (const query of faulty) {
      const answer = await root.get(pathOf(account, query))
      t.match(answer, { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(query))
    }
  },
)

t.test('accounts, roles and allow lists are paged alike', async (t) => {
  const account = await newAccount(root)
  for (let index = 0; index < 9; index += 1) {
    await newRole(root, account, `${'rRéa%'[index % 5]} ${index}`, [])
    await newAllowList(root, account, ['10.0.0.0/8'], `${'lLéa%'[index % 5]} ${index}`)
    await newAccount(root, `${'cCéa%'[index % 5]}`)
  }
  for (const [path, field] of [
    [`/v1/accounts/${account}/roles`, 'roles'],
    [`/v1/accounts/${account}/allow-lists`, 'allow_lists'],
    ['/v1/accounts', 'accounts'],
  ] as const) {
    const all: Json[] = (await root.get(`${path}?limit=200`)).body[field]
    t.ok(all.length >= 9)
    const byCreation = idsOf(all).reverse()
    const byName = idsOf(all.toSorted(comparing('name')))
    const expected = {
      created_at: byCreation,
      '-created_at': [...byCreation].reverse(),
      name: byName,
      '-name': [...byName].reverse(),
    }
    for (const [sort, ids] of Object.entries(expected)) {
      const listed: Json[] = []
      let cursor: string | null = null
      do {
        const query: string = cursor === null ? '' : `&cursor=${cursor}`
        const { body } = await root.get(`${path}?sort=${sort}&limit=4${query}`)
        listed.push(...body[field])
        cursor = body.next_cursor
        t.ok(body[field].length <= 4)
      } while (cursor !== null)
      t.same(idsOf(listed), ids, `${field} by ${sort}`)
    }
    t.equal((await root.get(`${path}?sort=expires_at`)).status, 400, 'they never expire')
  }
})

/**
 * Keys as years of use would leave them, straight into the database. Times are whole milliseconds,
 * as the service writes them.
 */
async function insertRandomKeys(
  account: string,
  count: number,
  random: () => number,
): Promise<void> {
  const pick = <T>(values: readonly T[]): T | undefined =>
    values[Math.floor(random() * values.length)]
  const roles = await raw.query('select id from role where account_id = $1 order by id', [account])
  const starts = [
    'a',
    'A',
    'a%',
    'a_b',
    'axb',
    '100%',
    '100x',
    '\\',
    '%',
    '_',
    'é',
    'z',
    '🔑',
    '～',
  ]
  const now = service.deps.now().getTime()
  const nearNow = () => new Date(now + Math.floor((random() - 0.5) * 8) * anHourMs)
  for (let index = 0; index < count; index += 1) {
    const revoked = random() < 0.2
    const expires = random() < 0.3 ? null : nearNow()
    // Only what has expired lets go of its name.
    const isDead = revoked || (expires !== null && expires.getTime() <= now)
    const { rows } = await raw.query(
      `insert into api_key (id, account_id, name, description, role_id, reach, token_prefix, created_at,
         created_by_kind, created_by_id, expires_at, disabled_at, revoked_at, revoked_by_kind, live)
       values (gen_random_uuid(), $1, $2, '', $3, 'anywhere', 'aeon', $4, 'user', $5, $6, $7, $8, $9, $10)
       returning id`,
      [
        account,
        `${pick(starts)}${(revoked || expires !== null) && random() < 0.5 && isDead ? '' : ` ${index}`}`,
        pick(roles.rows)?.id,
        new Date(now - Math.floor(random() * 20) * anHourMs),
        pick(['alice', 'bob', 'carol']),
        expires,
        random() < 0.2 ? nearNow() : null,
        revoked ? nearNow() : null,
        revoked ? 'system' : null,
        // Live only where it must be, and then under a name of its own.
        isDead ? null : true,
      ],
    )
    if (random() < 0.6) {
      await raw.query('insert into api_key_usage values ($1, $2, $3, $4)', [
        rows[0].id,
        account,
        nearNow(),
        index + 1,
      ])
    }
  }
}

function pathOf(account: string, query: Readonly<Record<string, string>>): string {
  return `/v1/accounts/${account}/api-keys?${new URLSearchParams(query)}`
}

async function list(
  api: Api,
  account: string,
  query: Readonly<Record<string, string>>,
): Promise<Json> {
  const { status, body, text } = await api.get(pathOf(account, query))
  if (status !== 200) throw new Error(`list: ${status} ${text}`)
  return body
}

/** The whole list, page by page. */
async function pagesOf(
  api: Api,
  account: string,
  sort: Sort,
  limit: number,
  filter: Readonly<Record<string, string>> = {},
): Promise<Json[]> {
  const keys: Json[] = []
  let cursor: string | null = null
  do {
    const page: Json = await list(api, account, {
      ...filter,
      sort,
      limit: String(limit),
      ...(cursor !== null && { cursor }),
    })
    keys.push(...page.api_keys)
    cursor = page.next_cursor
    if (keys.length > 1_000) throw new Error('The list has no end.')
  } while (cursor !== null)
  return keys
}

function idsOf(items: readonly Json[]): string[] {
  return items.map((item) => item.id)
}

/**
 * The order of a sort, said again: by the bytes of names and by time, never-expiring last, then by
 * id.
 */
function comparing(sort: Sort): (a: Json, b: Json) => number {
  const descending = sort.startsWith('-')
  const field = sort.replace('-', '')
  return (a, b) => {
    if (a[field] === null && b[field] !== null) return 1
    if (a[field] !== null && b[field] === null) return -1
    const byValue = a[field] === b[field] ? 0 : Buffer.compare(bytesOf(a[field]), bytesOf(b[field]))
    const ascending = byValue !== 0 ? byValue : Buffer.compare(bytesOf(a.id), bytesOf(b.id))
    return descending ? -ascending : ascending
  }
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text)
}

function encode(parts: unknown): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

function before(time: string | null, limit: string): boolean {
  return time !== null && time < limit
}

/** Mulberry32: the same numbers for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
