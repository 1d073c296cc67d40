import { Client } from 'pg'
import t from 'tap'
import { parseAddress } from '../../src/domain/network/address.ts'
import { hasAddress } from '../../src/domain/network/address-set.ts'
import { tokenDigest } from '../../src/domain/token/digest.ts'
import { keyIdOf, parseToken } from '../../src/domain/token/token.ts'
import { knownAddressSet } from '../../src/store/address-sets.ts'
import type { Executor } from '../../src/store/database.ts'
import { createCounters } from '../../src/verification/counters.ts'
import { createCredentialLoader } from '../../src/verification/credential-loader.ts'
import { type IssuedKey, newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'
import { watchTurns } from '../helpers/turns.ts'

const started = await startTestService(t)
const { root, service } = started
const { deps } = service
const raw = new Client({ connectionString: started.database.url })
await raw.connect()
t.teardown(() => raw.end())
const account = await newAccount(root)

t.test('keys with the same allow lists share one address set in memory', async (t) => {
  const lists = await newLists('shared', ['10.0.0.0/8'], ['192.0.2.1', '2001:db8::/32'])
  const keys = await Promise.all([lists, lists.toReversed(), lists.slice(0, 1)].map(newBoundKey))
  for (const { token } of keys) {
    t.match(await root.verify(token, { client_ip: '10.1.2.3' }), { valid: true })
  }
  const [one, two, three] = keys.map(({ token }) => setOf(token))
  t.ok(one)
  t.equal(one, two, 'the same lists, in another order')
  t.not(one, three)
  t.equal(three, knownAddressSet((await versionsOf(lists.slice(0, 1))).join(' ')))
})

t.test('an edit of one allow list has that list parsed again and no other', async (t) => {
  const lists = await newLists('edited', ['10.0.0.0/8'], ['192.0.2.1'], ['2001:db8::/32'])
  const { token } = await newBoundKey(lists)
  await root.verify(token, { client_ip: '10.1.2.3' })
  const before = await versionsOf(lists)
  const setsBefore = before.map(knownAddressSet)
  t.ok(setsBefore.every((set) => set !== undefined))
  await edit(lists[0], { entries: ['11.0.0.0/8'] })
  t.match(await root.verify(token, { client_ip: '10.1.2.3' }), { reason: 'address_not_allowed' })
  t.match(await root.verify(token, { client_ip: '11.1.2.3' }), { valid: true })
  t.match(await root.verify(token, { client_ip: '192.0.2.1' }), { valid: true })
  const after = await versionsOf(lists)
  t.not(after[0], before[0])
  t.same(after.slice(1), before.slice(1))
  t.same(
    after.slice(1).map((version, index) => knownAddressSet(version) === setsBefore[index + 1]),
    [true, true],
  )
})

t.test('a version of an allow list names its entries, whoever writes them', async (t) => {
  const lists = await newLists('versions', ['10.0.0.0/8'])
  const versions = [await versionsOf(lists)]
  await edit(lists[0], { name: 'renamed' })
  t.same(await versionsOf(lists), versions[0], 'another name leaves the version')
  for (const entries of ['{11.0.0.0/8}', '{10.0.0.0/8}']) {
    await raw.query('update allow_list set entries = $1 where id = $2', [entries, lists[0]])
    versions.push(await versionsOf(lists))
  }
  t.equal(new Set(versions.flat()).size, 3, 'also a version of the service that does not know it')
})

t.test('an edit between the reads of a key and of its allow lists is never mixed in', async (t) => {
  const lists = await newLists('raced', ['10.0.0.0/8'])
  const { token } = await newBoundKey(lists)
  const name = nameOf(token)
  let statements = 0
  const load = loaderThat({
    async before() {
      statements += 1
      // Before the second statement, which is to read the list that the first one named.
      if (statements === 2) await edit(lists[0], { entries: ['11.0.0.0/8'] })
    },
  })
  const loaded = await load(name)
  const addresses = loaded?.found.facts.addresses
  const covers = (text: string) => {
    const address = parseAddress(text)
    return addresses && address && hasAddress(addresses, address)
  }
  t.same([covers('10.0.0.1'), covers('11.0.0.1')], [false, true])
  t.equal(statements, 4, 'the key is read again, since its list is not what its row named')
})

t.test('allow lists that change at each read are an overload, never a verdict', async (t) => {
  const lists = await newLists('changing', ['10.0.0.0/8'])
  const { token } = await newBoundKey(lists)
  let edits = 0
  const load = loaderThat({
    async before() {
      edits += 1
      await edit(lists[0], { entries: [`10.0.0.${edits}`] })
    },
  })
  await t.rejects(load(nameOf(token)), { code: 'overloaded' })
})

t.test(
  'the largest allow lists leave the event loop to others while they are loaded',
  async (t) => {
    const entries = (list: number) =>
      Array.from({ length: 100 }, (_, index) => `2001:db8:${list}:${index}:1:2:3:4`)
    const lists = await newLists(
      'large',
      ...Array.from({ length: 100 }, (_, list) => entries(list)),
    )
    const keys: IssuedKey[] = []
    // As an earlier version let them be bound: all in one key.
    for (const first of [0, 1, 2]) {
      const key = await newBoundKey(lists.slice(first, first + 1))
      await raw.query(
        `insert into api_key_allow_list (account_id, api_key_id, allow_list_id, live)
       select $1, $2, id, true from unnest($3::uuid[]) as id on conflict do nothing`,
        [account, key.id, lists.slice(first)],
      )
      keys.push(key)
    }
    const verifyAll = () =>
      Promise.all(
        keys.map(({ token }) => root.verify(token, { client_ip: '2001:db8:5:7:1:2:3:4' })),
      )
    // The least of some rounds: the first runs code that is not compiled yet.
    let longestMs = Number.POSITIVE_INFINITY
    for (const round of [0, 1, 2]) {
      await raw.query(
        `update allow_list set entries = array_append(entries[1:99], $2) where id = any($1)`,
        [lists, `2001:db8:ffff::${round}`],
      )
      await edit(lists[0], { entries: entries(round) })
      const turns = watchTurns()
      for (const verdict of await verifyAll()) t.match(verdict, { valid: true })
      longestMs = Math.min(longestMs, turns.end())
    }
    t.ok(longestMs <= 20, `the longest turn took ${longestMs} ms of CPU`)
  },
)

t.test('the longest lists of one tenant cost another at most one statement', async (t) => {
  const heavy = await newAccount(root, 'Heavy')
  const { rows } = await raw.query(
    `insert into allow_list (id, account_id, name, description, entries, created_at, updated_at, live)
     select gen_random_uuid(), $1, 'list ' || list, '',
       array(select '2001:db8:' || list || ':' || entry || '::/64' from generate_series(1, 100) as entry),
       now(), now(), true
     from generate_series(1, 300) as list returning id`,
    [heavy],
  )
  const heavyKeys: IssuedKey[] = []
  for (const first of [0, 100, 200]) {
    const key = await newKey(root, heavy, { role: 'viewer', allow_list_ids: [rows[first].id] })
    await raw.query(
      `insert into api_key_allow_list (account_id, api_key_id, allow_list_id, live)
       select $1, $2, id, true from unnest($3::uuid[]) as id on conflict do nothing`,
      [heavy, key.id, rows.slice(first, first + 100).map(({ id }) => id)],
    )
    heavyKeys.push(key)
  }
  const light = await newBoundKey(await newLists('light', ['10.0.0.0/8']))
  let sent = 0
  let answered = 0
  const isBusy = Promise.withResolvers<void>()
  const isQueued = Promise.withResolvers<void>()
  const load = loaderThat({
    // The first reads the keys, the second the first lists of the heavy tenant, which the light one
    // finds under way.
    async before() {
      sent += 1
      if (sent !== 2) return
      isBusy.resolve()
      await isQueued.promise
    },
    // The second answer is the key of the light tenant, whose list waits from the same turn on.
    after() {
      answered += 1
      if (answered === 2) setImmediate(isQueued.resolve)
    },
  })
  let heavyDone = 0
  const heavyLoads = heavyKeys.map(({ token }) =>
    load(nameOf(token)).finally(() => {
      heavyDone += 1
    }),
  )
  await isBusy.promise
  t.ok(await load(nameOf(light.token)))
  t.equal(answered, 4, 'each reads keys and lists once: the next statement has the light list')
  t.equal(heavyDone, 0, 'the heavy tenant waits for more')
  for (const loaded of await Promise.all(heavyLoads)) t.ok(loaded)
  t.ok(sent >= 8, `${sent} statements in all: one reads 50 lists`)
})

async function newLists(name: string, ...lists: readonly (readonly string[])[]) {
  const ids: string[] = []
  for (const [index, entries] of lists.entries()) {
    ids.push(await newAllowList(root, account, entries, `${name} list ${index}`))
  }
  return ids
}

function newBoundKey(allowListIds: readonly string[]) {
  return newKey(root, account, { role: 'viewer', allow_list_ids: allowListIds })
}

async function edit(id: string | undefined, values: Readonly<Record<string, unknown>>) {
  const { status, body } = await root.patch(`/v1/accounts/${account}/allow-lists/${id}`, values)
  if (status !== 200) throw new Error(`edit: ${status} ${JSON.stringify(body)}`)
}

/** In the order of the ids given. */
async function versionsOf(ids: readonly string[]): Promise<string[]> {
  const { rows } = await raw.query(
    `select version from allow_list join unnest($1::uuid[]) with ordinality as wanted (id, place)
       using (id) order by place`,
    [ids],
  )
  return rows.map(({ version }) => version)
}

function setOf(token: string) {
  return deps.cache.find(tokenDigest(token) ?? '')?.facts.addresses
}

function nameOf(text: string) {
  const token = parseToken(text)
  if (token === undefined) throw new Error('not a token')
  return { apiKeyId: keyIdOf(token), tag: token.tag, accountId: undefined }
}

interface Watch {
  before(): Promise<void>
  after?(): void
}

/** Loads credentials as the service does, and tells before and after each of its statements. */
function loaderThat({ before, after }: Watch) {
  const verificationReads = {
    read: async <T>(read: (db: Executor) => Promise<T>) => {
      await before()
      const found = await deps.verificationReads.read(read)
      after?.()
      return found
    },
  }
  const { load } = createCredentialLoader(
    { verificationReads, cache: deps.cache, counters: createCounters() },
    1_000,
  )
  return load
}
