import { Client } from 'pg'
import t, { type Test } from 'tap'
import { countRanges } from '../../src/domain/network/address-set.ts'
import { lockKeyFacts } from '../../src/store/credentials.ts'
import { inTransaction } from '../../src/store/transaction.ts'
import { newAccount, newAllowList, newKey } from '../helpers/fixtures.ts'
import { startTestService, type TestService } from '../helpers/service.ts'
import { maxTurnMs, watchTurns } from '../helpers/turns.ts'

const lists = 100
const entriesOfList = 100
const maxTries = 5

t.test('an act and an explanation parse 10,000 entries of a key in many turns', async (t) => {
  const service = await startTestService(t)
  const { root } = service
  const { accountId, key } = await keyWithManyEntries(t, service)
  const maxMs = await maxTurnMs()

  const path = `/v1/accounts/${accountId}/api-keys/${key.id}/explain`
  const explanation = await quickest(t, async () => {
    const answer = await root.post(path, { client_ip: '2001:db8::99:0:0:c6' })
    t.match(answer.body.explanation, {
      valid: true,
      matches: [{ entry: '2001:db8:0:0:99:0:0:c6' }],
    })
    t.match(await root.post(path, { client_ip: '2001:db8::99:0:0:c7' }), {
      body: { explanation: { reason: 'address_not_allowed', matches: [] } },
    })
  })
  t.ok(explanation <= maxMs, `the longest turn of an explanation took ${explanation} ms of CPU`)

  const { db } = service.service.deps
  const act = await quickest(t, async () => {
    await forgetEntries(t, service, accountId)
    const facts = await inTransaction(db, (trx) => lockKeyFacts(trx, key.id, 1))
    t.equal(facts && countRanges(facts.addresses), lists * entriesOfList)
  })
  t.ok(act <= maxMs, `the longest turn of an act took ${act} ms of CPU`)
})

/** The longest turn of the event loop, in milliseconds of CPU: the least of some tries. */
async function quickest(t: Test, act: () => Promise<void>): Promise<number> {
  const maxMs = await maxTurnMs()
  let least = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < maxTries && least > maxMs; tries += 1) {
    const turns = watchTurns()
    await act()
    least = Math.min(least, turns.end())
  }
  t.comment(`${least.toFixed(1)} ms of ${maxMs.toFixed(1)} ms`)
  return least
}

/** A key as an earlier version could make it, before entries were limited in sum. */
async function keyWithManyEntries(t: Test, service: TestService) {
  const { root } = service
  const accountId = await newAccount(root)
  const first = await newAllowList(root, accountId, ['10.0.0.0'], 'list 0')
  const key = await newKey(root, accountId, { role: 'viewer', allow_list_ids: [first] })
  await query(
    t,
    service,
    `with more as (
       insert into allow_list (
         id, account_id, name, name_skeleton, description, entries, created_at, updated_at, live)
       select gen_random_uuid(), account_id, 'list ' || number, 'list ' || number, description,
         entries, created_at, updated_at, live
       from allow_list, generate_series(1, $2 - 1) as number where id = $1
       returning id, account_id)
     insert into api_key_allow_list (account_id, api_key_id, allow_list_id, live)
     select account_id, $3, id, true from more`,
    [first, lists, key.id],
  )
  await forgetEntries(t, service, accountId)
  return { accountId, key }
}

/** Gives the lists of an account versions that nobody has parsed, 100 entries in each. */
function forgetEntries(t: Test, service: TestService, accountId: string) {
  return query(
    t,
    service,
    `update allow_list set version = gen_random_uuid(), entries = array(
       select '2001:db8:0:0:' || split_part(name, ' ', 2) || ':0:0:' || to_hex(2 * host)
       from generate_series(0, $2 - 1) as host)
     where account_id = $1`,
    [accountId, entriesOfList],
  )
}

async function query(t: Test, { database }: TestService, text: string, values: unknown[]) {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    const { rowCount } = await client.query(text, values)
    t.equal(rowCount === lists || rowCount === lists - 1, true)
  } finally {
    await client.end()
  }
}
