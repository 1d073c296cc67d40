import { askVerdictText, verifySingly } from '../ask.ts'
import { type Candidate, measure } from '../benchmark.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { connections, type Harness, withHarness } from '../harness.ts'
import { expectedAnswers, verifyRequests } from '../load/load.ts'
import { profileWhile } from '../profiler.ts'
import type { ScenarioResult } from '../results.ts'
import { freePort } from '../servers/server-process.ts'

const mixed = 10_000
const shown = 24
const seconds = 6

interface Profiled {
  readonly name: string
  readonly script: string
  readonly flags: readonly string[]
}

/** What V8 would do by itself: another compiler, the nursery it has, and hidden classes that go. */
const before = ['--maglev', '--max-semi-space-size=16', '--retain-maps-for-n-gc=2']

const profiled: readonly Profiled[] = [
  {
    name: 'the service without verification',
    script: 'bench/servers/without-verification.ts',
    flags: [],
  },
  { name: 'the service', script: 'src/main.ts', flags: [] },
  { name: `the service with ${before.join(' ')}`, script: 'src/main.ts', flags: before },
]

/**
 * Where the time of a hot verification goes: of the service without verification, of
 * the service, and of the service with other flags.
 */
export async function measureProfile(harness: Harness): Promise<ScenarioResult> {
  const dataset = await harness.datasets.main()
  const columns: ReadonlyMap<string, number>[] = []
  for (const one of profiled) columns.push(await profileOne(harness, dataset, one))
  const names = new Set(columns.flatMap((column) => [...column.keys()]))
  const rows = Array.from(names, (name) => ({
    name,
    times: columns.map((column) => column.get(name) ?? 0),
  }))
  const excess = ({ times: [without = 0, ...services] }: (typeof rows)[number]) =>
    Math.max(...services) - without
  rows.sort((a, b) => excess(b) - excess(a))
  const sums = columns.map((column) => [...column.values()].reduce((sum, time) => sum + time, 0))
  return {
    findings: [],
    medians: [],
    facts: {
      head: ['µs per request, by function', ...profiled.map(({ name }) => name)],
      rows: [
        ...rows.slice(0, shown).map(({ name, times }) => [name, ...times.map(wordOf)]),
        ['all functions', ...sums.map(wordOf)],
      ],
    },
  }
}

async function profileOne(
  harness: Harness,
  { rootToken, databaseUrl, tokens }: Dataset,
  { script, flags }: Profiled,
): Promise<ReadonlyMap<string, number>> {
  return withHarness(harness, async (inner) => {
    const port = await freePort()
    const server = await inner.start({
      script,
      settings: { DATABASE_URL: databaseUrl, CALLER: rootToken },
      flags: [...flags, `--inspect=127.0.0.1:${port}`],
    })
    const known = tokens.slice(0, mixed)
    if (script === 'src/main.ts') await verifySingly(server.url, rootToken, known)
    await askVerdictText(server.url, rootToken, known[0] ?? '')
    const candidate: Candidate = {
      name: script,
      server,
      load: {
        origin: server.url,
        requestsFile: await inner.writeRequests(verifyRequests(rootToken, known)),
        sequenceFile: await inner.writeZipf(known.length),
        connections,
        expected: expectedAnswers.good,
      },
    }
    await measure(candidate, seconds)
    let requests = 0
    const times = await profileWhile(port, async () => {
      requests = (await measure(candidate, seconds)).requests
    })
    // What it waited is no work.
    const worked = [...times].filter(([name]) => name !== '(idle)' && name !== '(root)')
    return new Map(worked.map(([name, micros]) => [name, micros / requests]))
  })
}

function wordOf(micros: number): string {
  return micros.toFixed(2)
}
