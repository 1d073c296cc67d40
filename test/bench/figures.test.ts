import t from 'tap'
import type { Sample } from '../../bench/benchmark.ts'
import { requireBounds } from '../../bench/bounds.ts'
import { drawZipf } from '../../bench/load/zipf.ts'
import { drawChart } from '../../bench/report/chart.ts'
import { documentOf } from '../../bench/report/document.ts'
import { plotsOf } from '../../bench/report/plots.ts'
import { goalsTable } from '../../bench/report/tables.ts'
import { type DatedResult, type Finding, isMet } from '../../bench/results.ts'
import { median, percentile } from '../../bench/statistics.ts'
import { isSteady } from '../../bench/steady.ts'

t.test(
  'a median is the middle value, and a percentile the value that its share does not exceed',
  async (t) => {
    t.equal(median([3, 1, 2]), 2)
    t.equal(median([4, 1, 3, 2]), 2.5)
    t.throws(() => median([]), RangeError)
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
    t.equal(percentile(hundred, 0.5), 50)
    t.equal(percentile(hundred, 0.99), 99)
    t.equal(percentile([7], 0.99), 7)
    t.throws(() => percentile([], 0.5), RangeError)
  },
)

t.test(
  'a Zipf mix picks the first of 10,000 keys a tenth of the time, the first hundred half',
  async (t) => {
    const draws = drawZipf(10_000, 50_000, createRandom())
    const shareBelow = (rank: number) => draws.filter((index) => index < rank).length / draws.length
    t.ok(Math.abs(shareBelow(1) - 0.102) < 0.01, `the first: ${shareBelow(1)}`)
    t.ok(Math.abs(shareBelow(100) - 0.53) < 0.02, `the first hundred: ${shareBelow(100)}`)
    t.equal(Math.min(...draws), 0)
    t.ok(Math.max(...draws) < 10_000)
    t.strictSame(
      drawZipf(3, 2, () => 0.999_999),
      [2, 2],
    )
  },
)

t.test('a warm-up lasts while its latest two turns bring a new best rate', async (t) => {
  t.equal(isSteady([], 1), false)
  t.equal(isSteady([100, 100], 1), false, 'two turns show no growth')
  t.equal(isSteady([100, 101, 103], 1), true, 'three per cent are none')
  t.equal(isSteady([100, 100, 104], 1), false)
  t.equal(isSteady([50, 80, 95, 105], 1), false)
  t.equal(isSteady([50, 80, 95, 105, 106, 107], 1), true)
  t.equal(isSteady([100, 60, 100, 98], 1), true, 'a disturbed turn is no lower rate to grow from')
  t.equal(isSteady([100, 100, 100], 4), false, 'it lasts at least as long as asked')
})

t.test('a run in which a baseline costs more than what it bounds fails and says so', async (t) => {
  const measured = (name: string, ...cpu: number[]) => ({
    name,
    samples: cpu.map((cpuMicros): Sample => ({ ...result(name), requests: 1000, cpuMicros })),
  })
  const [less, more] = [measured('Fastify', 20, 21, 50), measured('the service', 40, 42, 30)]
  requireBounds([{ less, more }])
  t.throws(
    () =>
      requireBounds([
        { less, more },
        { less: more, more: less },
      ]),
    {
      message:
        'The run proves nothing: the service does less than Fastify, but used 2.00 times its CPU time.',
    },
  )
})

t.test('a benchmark goal is met at its limit and missed beyond it', async (t) => {
  const finding = (value: number, goal?: Finding['goal']): Finding => ({
    what: 'something',
    value,
    unit: 'times',
    ...(goal !== undefined && { goal }),
  })
  t.equal(isMet(finding(3, { atLeast: 3 })), true)
  t.equal(isMet(finding(2.99, { atLeast: 3 })), false)
  t.equal(isMet(finding(1.2, { atMost: 1.2 })), true)
  t.equal(isMet(finding(1.21, { atMost: 1.2 })), false)
  t.equal(isMet(finding(1)), undefined)
  t.equal(isMet(finding(Number.NaN, { atMost: 1 })), false, 'what could not be computed is missed')
})

t.test(
  'the performance page names each goal with its figure and marks the missed ones',
  async (t) => {
    const results = {
      hot: resultOf([
        { what: 'Good | enough', value: 0.96, unit: 'times', goal: { atLeast: 0.95 } },
        { what: 'Too slow', value: 21.34, unit: 'ms', goal: { atMost: 20 } },
        { what: 'Just so', value: 12_345.6, unit: 'per second' },
      ]),
    }
    const goals = goalsTable(results).split('\n')
    t.match(goals[2], /^\| Good \\\| enough +\| 0\.96× +\| at least 0\.95× +\| met +\|$/)
    t.match(goals[3], /^\| Too slow +\| 21\.3 ms +\| at most 20 ms +\| \*\*missed\*\* \|$/)
    t.equal(goals.length, 4, 'what has no goal is no goal')
    const page = documentOf(results)
    t.match(page, /\| Just so +\| 12,346\/s/)
    t.match(page, 'Measured on 2026-11-23 with Node.js v24.0.0')
    t.match(documentOf({}), 'Nothing has been measured yet.')
  },
)

t.test('the performance page says why a goal was missed, in the figures of its run', async (t) => {
  const forged = (value: number) => ({
    ...resultOf([
      { what: 'Forged tokens: rate', value, unit: 'times', goal: { atLeast: 0.8 } } as const,
    ]),
    medians: [
      { ...result('the service without verification, denying'), cpuMicros: 30 },
      { ...result('forged tokens'), cpuMicros: 37.5 },
    ],
  })
  t.match(
    documentOf({ forged: forged(0.7) }),
    /## Why goals are missed\n\n- \*\*Forged.*7\.5 µs more/,
  )
  t.notMatch(documentOf({ forged: forged(0.9) }), 'missed')
  const without = { ...forged(0.7), medians: [] }
  t.notMatch(documentOf({ forged: without }), 'Why goals', 'an unmeasured figure gives no reason')
})

t.test('a chart draws all its points within its frame and escapes its labels', async (t) => {
  const svg = drawChart({
    title: 'a < b & c',
    xTitle: 'x',
    yTitle: 'y',
    xLabels: ['p50', 'p99'],
    series: [{ name: '<script>', values: [0.5, 80] }],
  })
  t.match(svg, '<title>a &lt; b &amp; c</title>')
  t.notMatch(svg, '<script>')
  const heights = Array.from(svg.matchAll(/cy="([\d.]+)"/g), ([, y]) => Number(y))
  t.equal(heights.length, 2)
  const [low = 0, high = 0] = heights
  t.ok(high < low, 'more is higher')
  t.ok(high >= 50 && low <= 360, `within the frame: ${heights}`)
})

t.test('a plot without points is not drawn', async (t) => {
  t.strictSame(plotsOf({}), [])
  const peers = { ...resultOf([]), medians: [result('a peer'), result('another')] }
  t.strictSame(
    plotsOf({ peers }).map(({ file }) => file),
    ['peers.svg'],
  )
})

function resultOf(findings: readonly Finding[]): DatedResult {
  return {
    findings,
    medians: [],
    date: '2026-11-23',
    node: 'v24.0.0',
    generator: 'wrk',
    cores: 2,
    loadBefore: 0.1,
    rounds: 5,
    roundSeconds: 4,
  }
}

function result(name: string) {
  return {
    name,
    requestsPerSecond: 1000,
    cpuMicros: 30,
    databaseCpuMicros: 0,
    latenciesMs: [1, 1.5, 2, 3, 5, 9],
  }
}

/** Numbers that look random and are the same each time. */
function createRandom(): () => number {
  let state = 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
