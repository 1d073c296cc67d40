/**
 * Runs three instances on one PostgreSQL while processes are killed and stopped, connections break,
 * hang and lag, the database is killed and clocks step. Clients issue, verify, edit and revoke all
 * the while, persons sign in, are lowered and removed, and at the end the history of all that is
 * held against what the service promises:
 *   node scripts/chaos.ts [--revocations N] [--failovers N] [--edges N] [--proxy] [--seed S]
 *     [--seconds MAX]
 * With --failovers the database is a primary with a synchronous standby: the primary is killed,
 * frozen and thawed, or deposed while some or all instances stay connected to it, and is replaced
 * by its standby. With --edges, that many processes with the client of the service verify, too:
 * they are killed and stopped, their streams break, hang and lag, also in one direction, and one of
 * the instances consists of two workers, which are killed. With --proxy statements and commits
 * fail besides, by a proxy of PostgreSQL's protocol. By default 200 revocations, or as many as
 * failovers, within 600 s and 20 s a failover at most, and a random seed. Exits with 1 when
 * anything is wrong, and then keeps the history.
 */
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Recorder } from '../test/chaos/recorder.ts'
import { lacksOf } from '../test/chaos/report.ts'
import { runChaos } from '../test/chaos/run.ts'
import type { Violation } from '../test/chaos/violation.ts'

const violationsShown = 3

const { values } = parseArgs({
  options: {
    revocations: { type: 'string' },
    failovers: { type: 'string', default: '0' },
    edges: { type: 'string', default: '0' },
    proxy: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    seconds: { type: 'string' },
  },
})
const failovers = readNumber('failovers', values.failovers)
const edges = readNumber('edges', values.edges)
const revocations = readNumber(
  'revocations',
  values.revocations ?? String(failovers > 0 ? failovers : 200),
)
const seed = readNumber('seed', values.seed)
const seconds = readNumber('seconds', values.seconds ?? String(600 + 20 * failovers))

const interrupting = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupting.abort())
}

const folder = await mkdtemp(join(tmpdir(), 'aeon-keys-chaos-'))
const path = join(folder, 'history.jsonl')
const recorder = new Recorder(path)
const beginning = performance.now()
const print = (line: string) =>
  console.log(`${((performance.now() - beginning) / 1000).toFixed(1).padStart(6)} ${line}`)

print(`seed ${seed}`)
let isWell = false
try {
  const { violations, problems, figures } = await runChaos({
    revocations,
    failovers,
    edges,
    isInjured: values.proxy,
    seed,
    seconds,
    recorder,
    print,
    signal: interrupting.signal,
  })
  console.log(JSON.stringify(figures, undefined, 2))
  const lacks = lacksOf(figures, { revocations, failovers, edges })
  for (const [rule, found] of Map.groupBy(violations, (violation) => violation.rule)) {
    console.error(`VIOLATED ${found.length} times: ${rule}`)
    for (const violation of found.slice(0, violationsShown)) tell(violation)
  }
  for (const problem of problems) console.error(`PROBLEM: ${problem}`)
  for (const lack of lacks) console.error(`IDLE RUN: ${lack}`)
  console.log(
    `${violations.length} violations, ${problems.length} problems in ${figures.calls} calls; seed ${seed}`,
  )
  isWell = violations.length + problems.length + lacks.length === 0
} catch (error) {
  if (!interrupting.signal.aborted) throw error
  console.error(`Interrupted; seed ${seed}`)
} finally {
  await recorder.close()
  if (isWell) await rm(folder, { recursive: true })
  else console.error(`The history is kept in ${path}`)
}
// Clients of an interrupted run may still be waiting.
process.exit(isWell ? 0 : 1)

function tell({ what, calls }: Violation): void {
  console.error(`  ${what}`)
  for (const call of calls) console.error(`    ${JSON.stringify(call)}`)
}

function readNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  console.error(`--${name} must be a whole number.`)
  process.exit(2)
}
