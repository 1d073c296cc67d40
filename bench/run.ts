/**
 * Measures the service, as ratios between things that run in turn in one run:
 *   npm run bench -- [--quick] [--write] [--date YYYY-MM-DD] [--generator wrk|node]
 * `--quick` takes under a minute; `--write` writes docs/performance.md. The date on that page is the one
 * given, or that of the last commit.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { createEmptyDatabase } from '../test/helpers/database.ts'
import { measureHot } from './hot.ts'
import { issueKeys } from './keys.ts'
import { chooseGenerator, generatorNames } from './load/generators.ts'
import { measureMemory } from './memory.ts'
import type { Rounds } from './rates.ts'
import { documentOf, type Results, tablesOf } from './report.ts'
import { measureRevocations } from './revocations.ts'
import { timeStarts } from './starts.ts'

interface Extent {
  readonly keys: number
  readonly rounds: Rounds
  readonly starts: number
  /** Besides the process that is loaded afterwards. */
  readonly memoryRuns: number
  /** Keys revoked, thrice each, with notifications and by polling only; 0: not measured. */
  readonly revocations: { readonly notify: number; readonly poll: number }
}

const whole: Extent = {
  keys: 10_000,
  rounds: { count: 7, seconds: 4, warmUpSeconds: 4 },
  starts: 7,
  memoryRuns: 2,
  revocations: { notify: 200, poll: 20 },
}
const quick: Extent = {
  keys: 10_000,
  rounds: { count: 3, seconds: 1, warmUpSeconds: 2 },
  starts: 2,
  memoryRuns: 0,
  revocations: { notify: 30, poll: 0 },
}

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    date: { type: 'string' },
    generator: { type: 'string' },
  },
})
await main()

async function main(): Promise<void> {
  const extent = given.quick ? quick : whole
  const [loadAtStart = 0] = loadavg()
  const generator = await chooseGenerator(generatorNames.find((name) => name === given.generator))
  const database = await createEmptyDatabase()
  try {
    tell(`issuing ${extent.keys} keys`)
    const keys = await issueKeys(database.url, extent.keys)
    tell(`hot verifications, loaded by ${generator.name}`)
    const hot = await measureHot(database.url, keys, extent.rounds, generator)
    tell('memory')
    const memory = await measureMemory(database.url, keys, extent.memoryRuns)
    tell('starts')
    const starts = await timeStarts(database.url, keys.rootToken, extent.starts)
    tell('revocations')
    const notified = await measureRevocations(
      database.url,
      keys,
      'notify',
      extent.revocations.notify,
    )
    const polled = await measureRevocations(database.url, keys, 'poll', extent.revocations.poll)
    await report({
      command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
      date: given.date ?? (await dateOfLastCommit()),
      node: process.version,
      cores: availableParallelism(),
      loadAtStart,
      generator: generator.name,
      keys: extent.keys,
      rounds: extent.rounds.count,
      roundSeconds: extent.rounds.seconds,
      hot,
      starts,
      notified,
      polled,
      memory: [hot.memory, ...memory],
    })
  } finally {
    await database.drop()
  }
}

async function report(results: Results): Promise<void> {
  process.stdout.write(`\nGenerator: ${results.generator}\n\n${tablesOf(results)}\n`)
  if (!given.write) return
  await writeFile(join(import.meta.dirname, '../docs/performance.md'), documentOf(results))
}

async function dateOfLastCommit(): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['log', '-1', '--format=%cs'], {
    cwd: import.meta.dirname,
  })
  return stdout.trim()
}

function tell(step: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${step} ...\n`)
}
