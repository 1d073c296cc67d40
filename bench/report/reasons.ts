import { beatsPerLease } from '../../src/edge/attachment.ts'
import { edgeSettings, manyEdges } from '../edges/settings.ts'
import { isMet, type Result, type Results } from '../results.ts'
import type { ScenarioName } from '../scenarios.ts'

interface Reason {
  /** The goals of a scenario, by how their findings begin. */
  readonly of: readonly (readonly [scenario: ScenarioName, beginning: string])[]
  /** Uses the measured figures; undefined when a figure is missing. */
  readonly why: (results: Results) => string | undefined
}

const unverifying = 'the service without verification'
const edgeLeaseMs = Number(edgeSettings.EDGE_LEASE_MS)
const cpuWhileIdle = 'CPU time of an instance with 1,000 idle edges'

const reasons: readonly Reason[] = [
  {
    of: [['hot', 'Hot, ']],
    why(results) {
      const [mine, its] = [
        found(results, 'hot', 'hot, 10,000 keys'),
        found(results, 'hot', unverifying),
      ]
      const digest = profiled(results, 'oneShotDigest')
      if (mine === undefined || its === undefined || digest === undefined) return undefined
      return `**Hot.** A verification among 10,000 keys adds ${micros(mine.cpuMicros - its.cpuMicros)} to the ${micros(its.cpuMicros)} of the service without verification; the goal allows ${micros(its.cpuMicros / 0.95 - its.cpuMicros)}. Of that, SHA-256 takes ${micros(digest)}: the cache finds a token by its digest, so that no token stays in memory. The profile below shows the rest: the lookup, the checks, the text of the verdict and the count of the use, each in memory that the processor must fetch for ten thousand keys.`
    },
  },
  {
    of: [['peers', 'Verifications per second, relative to']],
    why(results) {
      const bare = found(results, 'hot', 'Fastify, a constant')
      const peers = ['better-auth, default', 'oidc-provider, PostgreSQL', 'home-made, a SELECT']
      const rates = peers.map((name) => found(results, 'peers', name)?.requestsPerSecond)
      if (bare === undefined || rates.includes(undefined)) return undefined
      const limits = rates.map((rate) => (bare.requestsPerSecond / (rate ?? 0)).toFixed(1))
      const batches = measured(results, 'batch', 'Batches of 100: ')
      const inBatches =
        batches === undefined
          ? ''
          : ` Batches of 100, which none of the three supports, verify ${batches.toFixed(1)} times as many tokens as single calls.`
      return `**Peers.** Fastify with a constant response, without authentication or verification, reaches ${limits[0]}, ${limits[1]} and ${limits[2]} times the rates of the three: no service built on Fastify meets all the goals on this machine. The table of peers shows the difference in CPU time.${inBatches}`
    },
  },
  {
    of: [['forged', 'Forged tokens: rate']],
    why(results) {
      const [mine, its] = [
        found(results, 'forged', 'forged tokens'),
        found(results, 'forged', unverifying),
      ]
      if (mine === undefined || its === undefined) return undefined
      return `**Forged.** The denial of a forged token takes ${micros(mine.cpuMicros - its.cpuMicros)} more than the service without verification: three SHA-256 (of the token, and of the two halves of the HMAC of its tag), and parsing.`
    },
  },
  {
    of: [['attached', cpuWhileIdle]],
    why(results) {
      const [mine, its] = [cpuWhileIdle, 'CPU time of the same instance without edges'].map(
        (beginning) => measured(results, 'attached', beginning),
      )
      if (mine === undefined || its === undefined) return undefined
      const beats = manyEdges / (edgeLeaseMs / beatsPerLease / 1_000)
      return `**Idle edges.** They send ${beats.toFixed(0)} beats a second: ${beatsPerLease} in each lease of ${edgeLeaseMs / 1_000} s. A beat takes ${micros((1_000 * (mine - its)) / beats)}: it is read, authorized as a request would be, and answered by a write to a connection of its own. Fewer beats would leave an edge less time to renew its lease, and a longer lease delays receipts when an edge vanishes.`
    },
  },
  {
    of: [['attached', '1,000 edges attach anew at once: p99']],
    why(results) {
      const until = measured(results, 'attached', '1,000 edges attach anew at once: until all')
      if (until === undefined) return undefined
      return `**Edges that attach anew.** All of them are back after ${(until / 1_000).toFixed(1)} s, and the p99 is that of this time. The one thread that answers the others ends a thousand connections that were cut, accepts a thousand, and reads what the edges ask on them: Node.js reads all that has arrived before it answers the next request. The process that plays the edges shares the two cores with the service and with the load generator.`
    },
  },
  {
    of: [['growth', 'A page of a list']],
    why: () => '**Lists.** Each list reads an index; the table of lists shows the time of each.',
  },
]

/** A list of reasons for the missed goals, from the measured figures; empty without one. */
export function reasonsOf(results: Results): string {
  const missed = reasons.filter(({ of }) => of.some((goals) => isMissed(results, goals)))
  return missed
    .flatMap(({ why }) => why(results) ?? [])
    .map((text) => `- ${text}`)
    .join('\n')
}

function isMissed(
  results: Results,
  [scenario, beginning]: readonly [ScenarioName, string],
): boolean {
  const findings = results[scenario]?.findings ?? []
  return findings.some((one) => one.what.startsWith(beginning) && isMet(one) === false)
}

function measured(results: Results, scenario: ScenarioName, beginning: string): number | undefined {
  return results[scenario]?.findings.find(({ what }) => what.startsWith(beginning))?.value
}

function found(results: Results, scenario: ScenarioName, beginning: string): Result | undefined {
  const medians = results[scenario]?.medians ?? []
  return (
    medians.find(({ name }) => name === beginning) ??
    medians.find(({ name }) => name.startsWith(beginning))
  )
}

/** Microseconds a request that the service spends in a function, by the profile. */
function profiled(results: Results, name: string): number | undefined {
  const row = results.profile?.facts?.rows.find(([first]) => first === name)
  return row === undefined ? undefined : Number(row[2]) - Number(row[1])
}

function micros(value: number): string {
  return `${value.toFixed(1)} µs`
}
