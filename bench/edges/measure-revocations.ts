import type { Dataset } from '../datasets/dataset.ts'
import type { Harness } from '../harness.ts'
import type { Finding } from '../results.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import { percentile } from '../statistics.ts'
import { edgeSettings, fewEdges } from './settings.ts'
import { attachVerifiers, timeToDeniedAtEdges } from './verifiers.ts'

const instances = 3
const revocations = 100

/** How soon edges of several instances deny what is revoked. */
export async function measureRevocations(harness: Harness, dataset: Dataset): Promise<Finding[]> {
  const count = harness.isQuick ? 10 : revocations
  const servers: ServerProcess[] = []
  while (servers.length < instances) servers.push(await harness.startService(dataset, edgeSettings))
  const urls = servers.map(({ url }) => url)
  const verifiers = await attachVerifiers(urls, dataset.rootToken, fewEdges)
  const times: number[] = []
  for (const token of dataset.takeRevocable(count)) {
    times.push(await timeToDeniedAtEdges(urls[0] ?? '', dataset, token, verifiers))
  }
  for (const verifier of verifiers) await verifier.close()
  for (const server of servers) await server.stop()
  const what = `From a revocation to its complete receipt and its denial at ${fewEdges} edges of ${instances} instances`
  return [
    { what: `${what}: p50`, value: percentile(times, 0.5), unit: 'ms' },
    {
      what: `${what}: p99 of ${count}`,
      value: percentile(times, 0.99),
      unit: 'ms',
      goal: { atMost: 100 },
    },
  ]
}
