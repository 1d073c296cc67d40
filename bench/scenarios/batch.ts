import { verifyEach } from '../ask.ts'
import { benchmark, type Candidate, medianRatio, resultsOf, samplesOf } from '../benchmark.ts'
import type { Harness } from '../harness.ts'
import { hotCalls } from '../load/hot-calls.ts'
import type { Finding, ScenarioResult } from '../results.ts'
import { fromMemory } from '../work.ts'

const keys = 10_000
const batchSizes = [1, 10, 100] as const

/** Batches of hot tokens, against single calls for the same tokens. */
export async function measureBatch(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const { rootToken } = dataset
  const tokens = dataset.tokens.slice(0, keys)
  const server = await harness.startService(dataset)
  await verifyEach(server.url, rootToken, tokens)
  const single = await hotCalls('single calls', harness, server, dataset, tokens)
  const batches = new Map<number, Candidate>()
  for (const size of batchSizes) {
    const requests = batchRequests(rootToken, tokens, size)
    batches.set(size, {
      ...single,
      name: `batches of ${size}`,
      load: {
        ...single.load,
        requestsFile: await harness.writeRequests(requests),
        expected: { start: '{"verdicts":[{"valid":true,', goodVerdicts: size },
      },
      requireWork: fromMemory('valid', size),
    })
  }
  const samples = await benchmark([single, ...batches.values()], harness.rounds)
  const findings = Array.from(batches, ([size, candidate]): Finding => {
    const ratio = medianRatio(samplesOf(samples, candidate), samplesOf(samples, single), 'rate')
    return {
      what: `Batches of ${size}: verifications per second, relative to single calls`,
      value: ratio * size,
      unit: 'times',
      ...(size === 100 && { goal: { atLeast: 10 } }),
    }
  })
  return { findings, medians: resultsOf(samples) }
}

export function batchRequests(rootToken: string, tokens: readonly string[], size: number) {
  const batches = Array.from({ length: Math.floor(tokens.length / size) }, (_, index) =>
    tokens.slice(index * size, (index + 1) * size),
  )
  return {
    authorization: `Bearer ${rootToken}`,
    lines: batches.map((batch) => ({
      path: '/v1/verify/batch',
      body: JSON.stringify({ attempts: batch.map((token) => ({ token })) }),
    })),
  }
}
