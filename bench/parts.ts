import { measureBatch } from './parts/batch.ts'
import { measureCold } from './parts/cold.ts'
import { measureDenied } from './parts/denied.ts'
import { measureFlood } from './parts/flood.ts'
import { measureForged } from './parts/forged.ts'
import { measureFreshness } from './parts/freshness.ts'
import { measureGrowth } from './parts/growth.ts'
import { measureHot } from './parts/hot.ts'
import { measureMemory } from './parts/memory.ts'
import { measurePeers } from './parts/peers.ts'
import { measureProfile } from './parts/profile.ts'
import { measureRevoking } from './parts/revoking.ts'
import { measureSoak } from './parts/soak.ts'
import { measureStarts } from './parts/starts.ts'
import { measureUses } from './parts/uses.ts'
import { measureWorkers } from './parts/workers.ts'
import type { PartResult } from './results.ts'
import type { Stage } from './stage.ts'

export interface Part {
  readonly title: string
  readonly measure: (stage: Stage) => Promise<PartResult>
  /** Whether `--quick` measures it. */
  readonly isQuick?: boolean
  /** Whether it is measured only when it is asked for. */
  readonly isLong?: boolean
}

/** What the benchmark measures, in the order of the page. */
export const parts = {
  hot: { title: 'Hot verifications and the floor', measure: measureHot, isQuick: true },
  peers: { title: 'Peers', measure: measurePeers },
  cold: { title: 'Cold verifications', measure: measureCold, isQuick: true },
  forged: { title: 'Forged tokens', measure: measureForged, isQuick: true },
  flood: { title: 'Good tokens beside a flood', measure: measureFlood },
  denied: { title: 'Revoked and expired tokens', measure: measureDenied },
  batch: { title: 'Batches', measure: measureBatch },
  growth: { title: 'Growth', measure: measureGrowth },
  memory: { title: 'Memory', measure: measureMemory },
  uses: { title: 'Use records', measure: measureUses },
  workers: { title: 'Workers', measure: measureWorkers },
  revoking: { title: 'Revocations in the mix', measure: measureRevoking },
  freshness: { title: 'Freshness', measure: measureFreshness },
  profile: { title: 'Where the time of a hot verification goes', measure: measureProfile },
  starts: { title: 'Starts', measure: measureStarts },
  soak: { title: 'Soak', measure: measureSoak, isLong: true },
} as const satisfies Record<string, Part>

export type PartName = keyof typeof parts
