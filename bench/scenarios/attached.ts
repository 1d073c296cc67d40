import { measureAnew } from '../edges/measure-anew.ts'
import { measureIdle } from '../edges/measure-idle.ts'
import { measureRevocations } from '../edges/measure-revocations.ts'
import type { Harness } from '../harness.ts'
import type { ScenarioResult } from '../results.ts'

/** What edges cost their instance, and how soon they deny what is revoked. */
export async function measureAttached(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const revocations = await measureRevocations(harness, dataset)
  const idle = await measureIdle(harness, dataset)
  const anew = await measureAnew(harness, dataset)
  return { findings: [...revocations, ...idle, ...anew], medians: [] }
}
