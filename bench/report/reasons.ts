import { isMet, type Result, type Results } from '../results.ts'
import type { ScenarioName } from '../scenarios.ts'

interface Reason {
  /** The goals of a part, by how their findings begin. */
  readonly of: readonly (readonly [scenario: ScenarioName, beginning: string])[]
  /** In the figures that were measured; undefined when one of them is not there. */
  readonly why: (results: Results) => string | undefined
}

const baseline = 'the floor'

const reasons: readonly Reason[] = [
  {
    of: [['hot', 'Hot, ']],
    why(results) {
      const [mine, its] = [
        found(results, 'hot', 'hot, 10,000 keys'),
        found(results, 'hot', baseline),
      ]
      const digest = profiled(results, 'oneShotDigest')
      if (mine === undefined || its === undefined || digest === undefined) return undefined
      return `**Hot.** A verification among 10,000 keys adds ${micros(mine.cpuMicros - its.cpuMicros)} to the floor's ${micros(its.cpuMicros)}; the goal leaves it ${micros(its.cpuMicros / 0.95 - its.cpuMicros)}. Of that SHA-256 takes ${micros(digest)}, by which a token is found without being kept. The profile below has the rest: the lookup, the judgement, the text of the verdict, the count of its use, each in memory that ten thousand keys make the processor fetch.`
    },
  },
  {
    of: [['peers', 'Verifications a second, against']],
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
          : ` Batches of 100, which none of the three takes, verify ${batches.toFixed(1)} times as many as single calls do.`
      return `**Peers.** Fastify with a constant, which authenticates nobody and verifies nothing, does ${limits[0]}, ${limits[1]} and ${limits[2]} times as much as the three: nothing that is built on it meets all the goals on this machine. In CPU time the difference is what the table of peers tells.${inBatches}`
    },
  },
  {
    of: [['forged', 'Forged tokens: rate']],
    why(results) {
      const [mine, its] = [
        found(results, 'forged', 'forged tokens'),
        found(results, 'forged', baseline),
      ]
      if (mine === undefined || its === undefined) return undefined
      return `**Forged.** Refusing one takes ${micros(mine.cpuMicros - its.cpuMicros)} more than the floor: three SHA-256, of the token and of the two halves of its tag's HMAC, and taking it apart.`
    },
  },
  {
    of: [['growth', 'A page of a list']],
    why: () =>
      '**Lists.** Each reads by an index, in a time that the table of lists shows, one by one.',
  },
]

/** Why the goals that were missed were, as far as what was measured tells: a list, or nothing. */
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
  const standings = results[scenario]?.standings ?? []
  return (
    standings.find(({ name }) => name === beginning) ??
    standings.find(({ name }) => name.startsWith(beginning))
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
