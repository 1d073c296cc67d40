import { latencyOf } from '../benchmark.ts'
import { latencyPercentiles } from '../load/load.ts'
import type { DatedResult, Result, Results } from '../results.ts'
import { growthOf, sizes } from '../scenarios/growth.ts'
import { type Chart, drawChart } from './chart.ts'

export interface Plot {
  /** In docs/performance. */
  readonly file: string
  /** The text alternative of the picture. */
  readonly title: string
  readonly svg: string
}

/** The plots of what has been measured. */
export function plotsOf(results: Results): Plot[] {
  const { peers, hot, cold, growth, soak } = results
  return [
    ...(peers === undefined
      ? []
      : [plot('peers.svg', latencies('Latency of the service and its peers', peers.medians))]),
    ...(hot === undefined || cold === undefined
      ? []
      : [
          plot(
            'latency.svg',
            latencies('Latency: hot, cold, and programs that do less', [
              ...hot.medians,
              ...cold.medians,
            ]),
          ),
        ]),
    ...(growth === undefined ? [] : growthPlots(growth)),
    ...(soak?.chart === undefined ? [] : [plot('soak.svg', soak.chart)]),
  ]
}

function plot(file: string, chart: Chart): Plot {
  return { file, title: chart.title, svg: drawChart(chart) }
}

function latencies(title: string, medians: readonly Result[]): Chart {
  return {
    title,
    yTitle: 'milliseconds',
    xTitle: 'percentile of requests, 32 connections',
    xLabels: latencyPercentiles.map((percentile) => `p${percentile}`),
    series: medians.map(({ name, latenciesMs }) => ({ name, values: latenciesMs })),
  }
}

function growthPlots({ medians }: DatedResult): Plot[] {
  const kinds = [
    { kind: 'hot', name: 'hot' },
    { kind: 'cold', name: 'cold' },
    { kind: 'list', name: 'a page of a list' },
  ] as const
  const chart = (title: string, yTitle: string, figure: (result: Result) => number): Chart => ({
    title,
    yTitle,
    xTitle: 'keys of the account',
    xLabels: sizes.map((size) => size.toLocaleString('en-US')),
    series: kinds.map(({ kind, name }) => ({
      name,
      values: growthOf(medians, kind).map(({ result }) => figure(result)),
    })),
  })
  return [
    plot(
      'growth-latency.svg',
      chart('p99 against the number of keys', 'p99 in milliseconds', (result) =>
        latencyOf(result.latenciesMs, 99),
      ),
    ),
    plot(
      'growth-cost.svg',
      chart(
        'CPU time per request against the number of keys',
        'microseconds, of the service and the database',
        (result) => result.cpuMicros + result.databaseCpuMicros,
      ),
    ),
  ]
}
