import type { HotRates } from './hot.ts'
import type { MemoryUse } from './memory.ts'
import { medianRatio, type Slice } from './rates.ts'
import type { RevocationTimes } from './revocations.ts'
import type { Starts } from './starts.ts'
import { median, percentile } from './statistics.ts'

export interface Results {
  readonly command: string
  /** ISO 8601. */
  readonly date: string
  readonly node: string
  readonly cores: number
  /** The load average of the minute before the run: above zero, something else was running. */
  readonly loadAtStart: number
  readonly generator: string
  readonly keys: number
  readonly rounds: number
  readonly roundSeconds: number
  readonly hot: HotRates
  readonly starts: Starts
  readonly notified: RevocationTimes
  readonly polled: RevocationTimes
  readonly memory: readonly MemoryUse[]
}

const hotGoal = 0.8
const existingStartGoalMs = 1_000
const emptyStartGoalMs = 3_000
const memoryGoalMb = 150

/** The tables, as Markdown that also reads well on a terminal. */
export function tablesOf(results: Results): string {
  return [ratios(results), freshness(results), startsAndMemory(results), absolutes(results)].join(
    '\n\n',
  )
}

/** The whole of docs/performance.md. */
export function documentOf(results: Results): string {
  return `# Performance

\`npm run bench -- --write\` writes this page; it is not edited by hand. Made on ${results.date} by
\`${results.command}\`, with Node.js ${results.node} on one machine with ${results.cores} cores, which the
service, PostgreSQL and the load generator share. The load average before the run was ${results.loadAtStart.toFixed(1)}; the
more else runs, the rougher the figures.

${tablesOf(results)}

## How it is measured

Each server is a process of its own, started as it is in production, with its default settings. One
generator, ${results.generator}, loads all of them over 32 connections that are kept alive and never
pipelined. It looks at the status and the verdict of every answer, and an error fails the run. After
each round the service's own counters must tell that it verified what was sent and that it asked
neither the database nor Argon2.

The contenders take turns, ${results.rounds} rounds of ${results.roundSeconds} s each after a warm-up. A ratio is taken within a
round, and the median of the rounds is shown, so that what else the machine does cancels out. CPU time is
that of all threads of the server process, divided by the requests; its ratio is turned over, so that in
both columns less than 1 is worse than the floor. The goal is for both.

The floor is the service with one route more, that answers a constant: the same schemas, hooks, log and
body, but neither the caller's token nor the subject's is verified (\`bench/floor.ts\`). A request to
\`/v1/verify\` verifies both.

A start is timed from the making of the process to its first good verdict. Resident memory is that of a
fresh process after it verified ${count(results.keys)} distinct keys, once each.

## How to run it

\`npm run bench\` prints the tables, \`npm run bench -- --quick\` does so in under a minute with fewer and
shorter rounds, and \`--write\` writes this page. It uses wrk when that is installed and a generator of its
own otherwise; \`--generator node\` or \`--generator wrk\` decides.
`
}

/** What the freshness protocol costs, and how fast a revocation is. */
function freshness({ hot, notified, polled }: Results): string {
  const cost = medianRatio(hot.oneKey, hot.withoutProtocol, 'cpuMicros')
  const rows = [
    `| CPU time of a hot verification, with the protocol against without | ${cost.toFixed(2)} | at most 1.03 |`,
    ...deniedRows('with notifications', notified, 'p99 under 50 ms'),
    ...deniedRows('by polling every second', polled, 'under 1,100 ms'),
  ]
  if (notified.withReceipt.length > 0) {
    const [waiting, hurried] = [median(notified.withReceipt), median(notified.withoutReceipt)]
    rows.push(
      `| a revocation with its receipt, p50 | ${waiting.toFixed(1)} ms | |`,
      `| a revocation that does not wait, p50 | ${hurried.toFixed(1)} ms | the other under 15 ms more |`,
    )
  }
  return ['| freshness, three processes | | goal |', '|---|---|---|', ...rows].join('\n')
}

function deniedRows(how: string, { toDenied }: RevocationTimes, goal: string): string[] {
  if (toDenied.length === 0) return []
  const [p50, p99] = [percentile(toDenied, 0.5), percentile(toDenied, 0.99)]
  return [
    `| from sending a revocation to denied by all, ${how}: p50 / p99 of ${toDenied.length} | ${p50.toFixed(1)} / ${p99.toFixed(1)} ms | ${goal} |`,
  ]
}

function ratios({ hot, keys }: Results): string {
  const row = (name: string, slices: readonly Slice[]) => {
    const byRate = medianRatio(slices, hot.floor, 'requestsPerSecond')
    // Turned over, so that less than 1 is worse than the floor in both columns.
    const byCpu = medianRatio(hot.floor, slices, 'cpuMicros')
    const latency = medianRatio(slices, hot.floor, 'p99Ms')
    return [
      name,
      byRate.toFixed(2),
      byCpu.toFixed(2),
      latency.toFixed(2),
      judged(`≥ ${hotGoal}`, byRate >= hotGoal && byCpu >= hotGoal),
    ]
  }
  return table(
    ['Hot verify, against the floor', 'rate', 'CPU time, inverse', 'p99', 'goal (first two)'],
    [row('one key', hot.oneKey), row(`${count(keys)} keys in rotation`, hot.manyKeys)],
  )
}

function startsAndMemory({ starts, memory, keys }: Results): string {
  const start = (name: string, figures: readonly number[], goalMs: number) => {
    const middle = median(figures)
    const goal = judged(`< ${goalMs / 1000} s`, middle < goalMs)
    return [name, `${Math.round(middle)} ms`, range(figures, 'ms'), goal]
  }
  const verified = memory.map((use) => use.verifiedBytes / 1e6)
  const started = memory.map((use) => use.startedBytes / 1e6)
  return table(
    ['Start and memory, on one machine', 'median', 'range', 'goal'],
    [
      start('Start, existing database', starts.existingDatabase, existingStartGoalMs),
      start('Start, embedded and empty', starts.embeddedEmpty, emptyStartGoalMs),
      [
        'Start, embedded and existing',
        `${Math.round(median(starts.embeddedExisting))} ms`,
        range(starts.embeddedExisting, 'ms'),
        'none',
      ],
      ['Resident when started', `${Math.round(median(started))} MB`, range(started, 'MB'), 'none'],
      [
        `Resident after ${count(keys)} keys`,
        `${Math.round(median(verified))} MB`,
        range(verified, 'MB'),
        judged(`< ${memoryGoalMb} MB`, median(verified) < memoryGoalMb),
      ],
    ],
  )
}

function absolutes({ hot, keys }: Results): string {
  const row = (name: string, slices: readonly Slice[]) => [
    name,
    count(middle(slices, 'requestsPerSecond')),
    middle(slices, 'cpuMicros').toFixed(1),
    middle(slices, 'p50Ms').toFixed(2),
    middle(slices, 'p99Ms').toFixed(2),
  ]
  return table(
    ['Absolute figures, of one machine', 'requests/s', 'CPU µs/request', 'p50 ms', 'p99 ms'],
    [
      row('floor', hot.floor),
      row('one key', hot.oneKey),
      row(`${count(keys)} keys in rotation`, hot.manyKeys),
    ],
  )
}

function middle(slices: readonly Slice[], figure: keyof Slice): number {
  return median(slices.map((slice) => slice[figure]))
}

function range(figures: readonly number[], unit: string): string {
  return `${Math.round(Math.min(...figures))} to ${Math.round(Math.max(...figures))} ${unit}`
}

function judged(goal: string, isMet: boolean): string {
  return `${goal}: ${isMet ? 'met' : 'missed'}`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}
