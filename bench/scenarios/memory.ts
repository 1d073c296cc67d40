import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifyEach } from '../ask.ts'
import { readSamples } from '../counters.ts'
import type { Dataset } from '../datasets/dataset.ts'
import type { Harness } from '../harness.ts'
import type { ScenarioResult } from '../results.ts'
import type { MemoryReport } from '../servers/memory-reporter.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import { median } from '../statistics.ts'

const processes = 3
/** Verified before the first look: by then V8 has compiled what there is to compile. */
const warmUpKeys = 2_000
const flushMs = 500
/** After as many the whole process is looked at. */
const fewKeys = 10_000
/** Where memory is not dear: docs/operations.md. */
const fastFlags = ['--max-semi-space-size=16']

interface Held {
  readonly perKeyBytes: number
  readonly startedBytes: number
  readonly verifiedBytes: number
}

/** What a key in memory costs, of all that the main dataset has, in fresh processes. */
export async function measureMemory(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const runs: Held[] = []
  for (let run = 0; run < processes; run += 1) runs.push(await measureOne(harness, dataset))
  const asStarted = await measureResident(harness, dataset, [])
  const fast = await measureResident(harness, dataset, fastFlags)
  const keys = dataset.tokens.length.toLocaleString('en-US')
  const megabytes = (figure: 'startedBytes' | 'verifiedBytes') =>
    median(runs.map((run) => run[figure])) / 1e6
  return {
    findings: [
      {
        what: `Memory of a cached key, of ${keys}: heap and buffers after a full collection`,
        value: median(runs.map((run) => run.perKeyBytes)),
        unit: 'bytes',
        goal: { atMost: 1024 },
      },
      {
        what: 'Resident memory after 10,000 keys, with the flags of npm start',
        value: asStarted,
        unit: 'MB',
        goal: { atMost: 150 },
      },
      {
        what: `Resident memory after 10,000 keys, with ${fastFlags.join(' ')}`,
        value: fast,
        unit: 'MB',
      },
      { what: 'Resident memory after the start', value: megabytes('startedBytes'), unit: 'MB' },
      { what: `Resident memory after ${keys} keys`, value: megabytes('verifiedBytes'), unit: 'MB' },
    ],
    medians: [],
  }
}

async function measureOne(harness: Harness, dataset: Dataset): Promise<Held> {
  const { rootToken, tokens, databaseUrl } = dataset
  const server = await harness.start({
    script: 'src/main.ts',
    settings: {
      DATABASE_URL: databaseUrl,
      CACHE_MAX_KEYS: String(tokens.length + 1),
      USE_FLUSH_MS: String(flushMs),
    },
    flags: ['--expose-gc', '--import', './bench/servers/memory-reporter.ts'],
    hasChannel: true,
  })
  const { residentBytes: startedBytes } = await server.usage()
  await verifyEach(server.url, rootToken, tokens.slice(0, warmUpKeys))
  const before = await held(server)
  await verifyEach(server.url, rootToken, tokens.slice(warmUpKeys))
  // Before a collection, which the service would not ask for.
  const { residentBytes: verifiedBytes } = await server.usage()
  const after = await held(server)
  await server.stop()
  const keys = after.entries - before.entries
  return {
    perKeyBytes: (after.report.heldBytes - before.report.heldBytes) / keys,
    startedBytes,
    verifiedBytes,
  }
}

/** Megabytes that a fresh process has after its first keys, the median of several. */
async function measureResident(
  harness: Harness,
  dataset: Dataset,
  flags: readonly string[],
): Promise<number> {
  const { databaseUrl, rootToken, tokens } = dataset
  const settings = { DATABASE_URL: databaseUrl }
  const resident: number[] = []
  // The first one fills the compile cache, which knows each set of flags apart.
  for (let run = 0; run <= processes; run += 1) {
    const server = await harness.start({ script: 'src/main.ts', settings, flags })
    await verifyEach(server.url, rootToken, tokens.slice(0, fewKeys))
    if (run > 0) resident.push((await server.usage()).residentBytes / 1e6)
    await server.stop()
  }
  return median(resident)
}

/** Asks once the use records are written: they are no part of what is kept of a key. */
async function held(
  server: ServerProcess,
): Promise<{ readonly entries: number; readonly report: MemoryReport }> {
  for (;;) {
    const sampleOf = await readSamples(server.url)
    if (sampleOf('aeon_keys_use_records_pending') === 0) {
      const entries = sampleOf('aeon_keys_cache_entries')
      const answered = once(server.child, 'message', { signal: AbortSignal.timeout(30_000) })
      server.child.send('report')
      const [report] = await answered
      return { entries, report: report as MemoryReport }
    }
    await sleep(flushMs / 4)
  }
}
