/**
 * Measures the service, as ratios between things that run in turn in one run:
 *   npm run bench -- [--quick] [--only SCENARIO,SCENARIO...] [--write] [--date YYYY-MM-DD]
 *   npm run soak -- [--minutes 10] [--write]
 *   npm run bench -- --render|--check
 * `--quick` has two rounds of a second, after whole warm-ups. `--write` keeps the results in
 * docs/performance/results.json and writes docs/performance.md and its plots from all that are
 * there; `--render` only writes them anew, and `--check` fails when that would alter them. The date
 * is the one given, or today's.
 */
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Rounds } from './benchmark.ts'
import { createDatasets } from './datasets/datasets.ts'
import { type Datasets, withHarness } from './harness.ts'
import { requireWrk } from './load/generators.ts'
import { tablesOf } from './report/tables.ts'
import { checkReport, keepResults, writeReport } from './report/write.ts'
import type { DatedResult } from './results.ts'
import { type Scenario, type ScenarioName, scenarios } from './scenarios.ts'

const rounds: Rounds = { count: 5, seconds: 3, warmUpSeconds: 2 }
const quickRounds: Rounds = { count: 2, seconds: 1, warmUpSeconds: 1 }

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    render: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    date: { type: 'string' },
    minutes: { type: 'string', default: '10' },
  },
})
await main()

async function main(): Promise<void> {
  if (given.render) return writeReport()
  if (given.check) return checkReport()
  if (given.quick && given.write) throw new Error('Only whole rounds are written down.')
  await measureScenarios(chosenScenarios())
  if (given.write) await writeReport()
}

function chosenScenarios(): ScenarioName[] {
  const names = Object.keys(scenarios) as ScenarioName[]
  if (given.only === undefined) {
    return names.filter((name) => isChosen(scenarios[name]))
  }
  return given.only.split(',').map((wanted) => {
    const name = names.find((candidate) => candidate === wanted)
    if (name === undefined)
      throw new Error(`Unknown scenario ${wanted}. The scenarios are ${names.join(', ')}.`)
    return name
  })
}

/** Prints and stores the result of each scenario as soon as it is over: a later one may fail. */
async function measureScenarios(names: readonly ScenarioName[]): Promise<void> {
  const generator = await requireWrk()
  const datasets = createDatasets(given.quick, tell)
  try {
    for (const name of names) {
      tell(scenarios[name].title)
      const measured = { [name]: await measureScenario(name, datasets, generator) }
      process.stdout.write(`\n${tablesOf(measured)}\n\n`)
      if (given.write) await keepResults(measured)
    }
  } finally {
    await datasets.drop()
  }
}

async function measureScenario(
  name: ScenarioName,
  datasets: Datasets,
  generator: string,
): Promise<DatedResult> {
  const chosenRounds = given.quick ? quickRounds : rounds
  const [loadBefore = 0] = loadavg()
  const harness = {
    rounds: chosenRounds,
    isQuick: given.quick,
    soakMinutes: Number(given.minutes),
    datasets,
    tell,
  }
  return {
    ...(await withHarness(harness, scenarios[name].measure)),
    date: given.date ?? new Date().toISOString().slice(0, 10),
    node: process.version,
    generator,
    cores: availableParallelism(),
    loadBefore,
    rounds: chosenRounds.count,
    roundSeconds: chosenRounds.seconds,
  }
}

/** When no scenario is named. */
function isChosen(scenario: Scenario): boolean {
  return given.quick ? scenario.isQuick === true : scenario.isLong !== true
}

function tell(step: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${step} ...\n`)
}
