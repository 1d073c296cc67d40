import t from 'tap'
import type { Json } from '../helpers/api.ts'
import { startEdgeSite } from '../helpers/edge-sites.ts'
import { newAccount, newKey } from '../helpers/fixtures.ts'
import { connectRaw } from '../helpers/instances.ts'
import { until } from '../helpers/until.ts'

// No lease ends while the test runs.
const site = await startEdgeSite(t, {
  EDGES_MAX: '8',
  EDGE_LEASE_MS: '30000',
  MAX_STALENESS_MS: '600000',
  POLL_INTERVAL_MS: '50',
})
const { root, started, attach } = site
const account = await newAccount(root)
const keys = `/v1/accounts/${account}/api-keys`
const tenant = started.as((await newKey(root, account)).token)

const edgesOf = async (): Promise<Json> => (await root.get('/v1/instances')).body.instances[0].edges
const revoke = async (api: typeof root, waitMs: number): Promise<Json> => {
  const { id } = await newKey(root, account)
  return (await api.post(`${keys}/${id}/revoke`, { wait_ms: waitMs })).body.receipt
}
const askAgain = async (api: typeof root, { revision, id }: Json): Promise<Json> =>
  (await api.get(`/v1/revisions/${revision}?id=${id}`)).body.receipt

t.test('a receipt tells the platform of instances and edges, and a tenant of both', async (t) => {
  t.match(await revoke(root, 30_000), {
    state: 'complete',
    instances: { acknowledged: 1, live: 1 },
    edges: { acknowledged: 0, live: 0 },
  })
  const [first, second] = [await attach(), await attach()]
  for (const edge of [first, second]) await edge.leased()
  await until(async () => (await edgesOf()).live === 2)

  const complete = await revoke(root, 30_000)
  t.match(complete, {
    state: 'complete',
    acknowledged: 3,
    live: 3,
    instances: { acknowledged: 1, live: 1 },
    edges: { acknowledged: 2, live: 2 },
    waiting_for: [],
  })
  const seen = await askAgain(tenant, complete)
  t.match(seen, { state: 'complete', acknowledged: 3, live: 3 })
  t.notOk('instances' in seen || 'edges' in seen, 'a tenant sees the sums only')
  t.notOk('edges' in (await revoke(tenant, 30_000)), 'of its own acts, too')

  await t.test('an edge that does not confirm is the one that a receipt lacks', async (t) => {
    const mute = await attach({ confirms: false })
    await mute.leased()
    await until(async () => (await edgesOf()).live === 3)
    const pending = await revoke(root, 0)
    const lacking = {
      state: 'pending',
      acknowledged: 2,
      live: 4,
      instances: { acknowledged: 0, live: 1 },
      edges: { acknowledged: 2, live: 3 },
    }
    await until(async () => (await askAgain(root, pending)).acknowledged === 2)
    const receipt = await askAgain(root, pending)
    t.match(receipt, lacking)
    t.equal(receipt.waiting_for.length, 1, 'its instance')
    t.match(await askAgain(tenant, pending), { state: 'pending', acknowledged: 2, live: 4 })
    t.same(await edgesOf(), { acknowledged: 2, live: 3 })

    mute.send({ kind: 'gone' })
    await until(async () => (await askAgain(root, pending)).state === 'complete')
    await until(async () => (await edgesOf()).live === 2)
    t.match(await askAgain(root, pending), { edges: { acknowledged: 2, live: 2 } })
  })
  // Of an edge that is only cut off, receipts wait for the end of its lease.
  for (const edge of [first, second]) edge.send({ kind: 'gone' })
  await until(async () => (await edgesOf()).live === 0)
})

t.test('an instance of a version that knows no edges is counted with none', async (t) => {
  const raw = await connectRaw(t, started.database.url)
  await raw.query(
    `insert into instance (id, applied, beat, started_at, max_staleness_ms)
     select gen_random_uuid(), value + 1000, 0, now(), max_staleness_ms
     from revision, instance limit 1`,
  )
  t.match(await revoke(root, 30_000), {
    state: 'complete',
    instances: { acknowledged: 2, live: 2 },
  })
})
