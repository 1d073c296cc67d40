import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from '../helpers/api.ts'
import type { Processes } from '../helpers/process.ts'
import type { Caller } from './caller.ts'
import type { Acceptor } from './chaos-process.ts'
import { ChaosEdge } from './edge.ts'

/** Shorter than the lease of an instance, so that most leases are not nested in its last part. */
export const edgeLeaseMs = 1_500
/** What instances need to have edges. */
export const edgeSettings = { EDGES_MAX: '32', EDGE_LEASE_MS: String(edgeLeaseMs) }
const withinMs = 30_000

export interface EdgesOptions {
  readonly count: number
  /** How fast the clocks of edges run, in turns. */
  readonly rates: readonly number[]
  readonly draw: () => number
  readonly caller: Caller
  readonly processes: Processes
  readonly instances: readonly [Acceptor, ...Acceptor[]]
}

/** Issues a key for each edge. Not started yet. */
export async function createEdges(options: EdgesOptions): Promise<readonly ChaosEdge[]> {
  const { count, rates, draw, caller, processes, instances } = options
  const [first] = instances
  const me = await untilDone(() => caller.ask(first, 'GET', '/v1/me'))
  const path = `/v1/accounts/${me.api_key.account_id}/api-keys`
  const edges: ChaosEdge[] = []
  for (let place = 0; place < count; place += 1) {
    const name = `edge ${place + 1}`
    const body = { name, role: 'verifier', expires_at: null }
    const { token } = await untilDone(() => caller.ask(first, 'POST', path, body))
    const rate = rates[place % rates.length] ?? 1
    edges.push(await ChaosEdge.create({ name, rate, draw, processes, instances, token }))
  }
  return edges
}

/** When all faults are over, every edge must be attached again. Returns those that are not. */
export async function settleEdges(edges: readonly ChaosEdge[]): Promise<readonly string[]> {
  const begunAt = performance.now()
  const problems: string[] = []
  for (const edge of edges) {
    while (!(await edge.isAttached())) {
      if (performance.now() > begunAt + withinMs) {
        problems.push(`${edge.name} is not attached again`)
        break
      }
      await sleep(100)
    }
  }
  return problems
}

async function untilDone(ask: () => Promise<Json>): Promise<Json> {
  for (const giveUpAt = performance.now() + withinMs; performance.now() < giveUpAt; ) {
    const done = await ask()
    if (done !== undefined) return done
    await sleep(100)
  }
  throw new Error('The keys of the edges could not be issued.')
}
