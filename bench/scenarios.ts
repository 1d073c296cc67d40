import type { Harness } from './harness.ts'
import type { ScenarioResult } from './results.ts'
import { measureAttached } from './scenarios/attached.ts'
import { measureBatch } from './scenarios/batch.ts'
import { measureBeside } from './scenarios/beside.ts'
import { measureCold } from './scenarios/cold.ts'
import { measureDenied } from './scenarios/denied.ts'
import { measureEdge } from './scenarios/edge.ts'
import { measureFlood } from './scenarios/flood.ts'
import { measureForged } from './scenarios/forged.ts'
import { measureFreshness } from './scenarios/freshness.ts'
import { measureGrowth } from './scenarios/growth.ts'
import { measureHot } from './scenarios/hot.ts'
import { measureMemory } from './scenarios/memory.ts'
import { measureNoisy } from './scenarios/noisy.ts'
import { measurePeers } from './scenarios/peers.ts'
import { measurePeople } from './scenarios/people.ts'
import { measureProfile } from './scenarios/profile.ts'
import { measureRevoking } from './scenarios/revoking.ts'
import { measureSoak } from './scenarios/soak.ts'
import { measureStarts } from './scenarios/starts.ts'
import { measureUses } from './scenarios/uses.ts'
import { measureWorkers } from './scenarios/workers.ts'

export interface Scenario {
  readonly title: string
  readonly measure: (harness: Harness) => Promise<ScenarioResult>
  /** Whether `--quick` measures it. */
  readonly isQuick?: boolean
  /** Whether it is measured only on request. */
  readonly isLong?: boolean
}

/** What the benchmark measures, in the order of the page. */
export const scenarios = {
  hot: {
    title: 'Hot verifications, and programs that do less',
    measure: measureHot,
    isQuick: true,
  },
  peers: { title: 'Peers', measure: measurePeers },
  cold: { title: 'Cold verifications', measure: measureCold, isQuick: true },
  forged: { title: 'Forged tokens', measure: measureForged, isQuick: true },
  flood: { title: 'Valid tokens beside a flood', measure: measureFlood },
  noisy: { title: 'Beside a noisy tenant', measure: measureNoisy },
  denied: { title: 'Revoked and expired tokens', measure: measureDenied },
  batch: { title: 'Batches', measure: measureBatch },
  edge: { title: 'In the process of the caller', measure: measureEdge },
  growth: { title: 'Growth', measure: measureGrowth },
  memory: { title: 'Memory', measure: measureMemory },
  uses: { title: 'Use records', measure: measureUses },
  workers: { title: 'Workers', measure: measureWorkers },
  revoking: { title: 'Revocations in the mix', measure: measureRevoking },
  freshness: { title: 'Freshness', measure: measureFreshness },
  people: { title: 'People', measure: measurePeople },
  attached: { title: 'Edges at their instances', measure: measureAttached },
  beside: { title: 'Edges beside hot verifications', measure: measureBeside },
  profile: { title: 'Where the time of a hot verification goes', measure: measureProfile },
  starts: { title: 'Starts', measure: measureStarts },
  soak: { title: 'Soak', measure: measureSoak, isLong: true },
} as const satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof scenarios
