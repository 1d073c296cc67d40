import { latencyOf } from '../benchmark.ts'
import { type DatedResult, type Finding, isMet, type Result, type Results } from '../results.ts'
import { type ScenarioName, scenarios } from '../scenarios.ts'

/** All findings that have a goal, and whether they meet it, in one table. */
export function goalsTable(results: Results): string {
  const rows = orderedOf(results)
    .flatMap(([, result]) => result.findings)
    .filter((finding) => finding.goal !== undefined)
    .map((finding) => [finding.what, ...wordsOf(finding)])
  return table(['what', 'measured', 'goal', ''], rows)
}

/**
 * Every scenario with its findings, its results and its facts: Markdown that also reads well on a
 * terminal.
 */
export function tablesOf(results: Results): string {
  return orderedOf(results)
    .map(([name, result]) => `### ${scenarios[name].title}\n\n${partTables(result)}`)
    .join('\n\n')
}

function partTables(result: DatedResult): string {
  const { findings, medians, facts } = result
  return [
    findings.length === 0 ? '' : findingsTable(findings),
    medians.length === 0 ? '' : resultsTable(medians),
    facts === undefined ? '' : table(facts.head, facts.rows),
    remarksOf(findings),
  ]
    .filter((text) => text !== '')
    .join('\n\n')
}

function findingsTable(findings: readonly Finding[]): string {
  return table(
    ['', 'measured', 'goal', ''],
    findings.map((finding) => [finding.what, ...wordsOf(finding)]),
  )
}

function remarksOf(findings: readonly Finding[]): string {
  return findings
    .filter(({ remark }) => remark !== undefined)
    .map(({ what, remark }) => `${what}: ${remark}`)
    .join('\n')
}

function resultsTable(medians: readonly Result[]): string {
  return table(
    [
      'absolute figures of one machine',
      'requests/s',
      'CPU µs/request',
      'database CPU µs',
      'p50 ms',
      'p99 ms',
      'p99.9 ms',
    ],
    medians.map((result) => [
      result.name,
      count(result.requestsPerSecond),
      result.cpuMicros.toFixed(1),
      result.databaseCpuMicros.toFixed(1),
      latencyOf(result.latenciesMs, 50).toFixed(2),
      latencyOf(result.latenciesMs, 99).toFixed(2),
      latencyOf(result.latenciesMs, 99.9).toFixed(2),
    ]),
  )
}

function wordsOf(finding: Finding): [string, string, string] {
  const { value, unit, goal } = finding
  const met = isMet(finding)
  const outcome = met === undefined ? '' : met ? 'met' : '**missed**'
  return [quantity(value, unit), goal === undefined ? '' : goalWords(goal, unit), outcome]
}

function goalWords(goal: NonNullable<Finding['goal']>, unit: Finding['unit']): string {
  return 'atLeast' in goal
    ? `at least ${quantity(goal.atLeast, unit)}`
    : `at most ${quantity(goal.atMost, unit)}`
}

/** A value with its unit, to three digits or so. */
export function quantity(value: number, unit: Finding['unit']): string {
  switch (unit) {
    case 'times':
      return `${rounded(value)}×`
    case 'per second':
      return `${count(value)}/s`
    default:
      return `${rounded(value)} ${unit}`
  }
}

/** Three digits or so; of what is very small one, so that it is not taken for nothing. */
function rounded(value: number): string {
  const size = Math.abs(value)
  if (size >= 100) return count(value)
  if (size < 0.01) return String(Number(value.toPrecision(1)))
  return String(Number(value.toFixed(size >= 10 ? 1 : 2)))
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** In the order of the page; results of former scenarios are left out. */
export function orderedOf(results: Results): [ScenarioName, DatedResult][] {
  return (Object.keys(scenarios) as ScenarioName[]).flatMap(
    (name): [ScenarioName, DatedResult][] => {
      const result = results[name]
      return result === undefined ? [] : [[name, result]]
    },
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  )
  const [first, ...others] = lines.map(
    (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  )
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [first, rule, ...others].join('\n')
}
