/**
 * Measures failovers of real databases under load, each with two instances: which verifications
 * fail and for how long, when changes and receipts are there again, what is lost.
 *   node scripts/ha.ts [--rows NAME,NAME...] [--list]
 * Needs Debian's patroni, etcd-server, haproxy, pgbouncer, python3-psycopg2 and postgresql. PATRONI
 * names the program of another version of Patroni. Exits with 1 when a verdict was wrong, an
 * acknowledged act is lost, or known keys failed within the lease.
 */
import { parseArgs } from 'node:util'
import { type Figures, faultsOf, measure } from '../test/ha/measure.ts'
import { rows } from '../test/ha/rows.ts'

const header = `| failure | writes accepted | known keys | first verifications good | first revocation | first complete receipt | acknowledged, lost | wrong verdicts |
|---|---|---|---|---|---|---|---|`

const { values } = parseArgs({
  options: { rows: { type: 'string' }, list: { type: 'boolean', default: false } },
})
const names = values.rows?.split(',') ?? rows.map(({ name }) => name)
const unknown = names.filter((name) => rows.every((row) => row.name !== name))
if (unknown.length > 0) throw new Error(`There is no row ${unknown.join(', ')}.`)

if (values.list) {
  for (const { name, title } of rows) console.log(`${name}: ${title}`)
} else {
  process.exitCode = (await runRows()) ? 0 : 1
}
// Idle sockets of the calls would keep the process for a while.
process.exit()

async function runRows(): Promise<boolean> {
  let isWell = true
  const lines: string[] = []
  for (const row of rows.filter(({ name }) => names.includes(name))) {
    const beganAt = performance.now()
    const print = (line: string) =>
      console.log(`${row.name} ${((performance.now() - beganAt) / 1000).toFixed(1)} s: ${line}`)
    const figures = await measure(row, print)
    const faults = faultsOf(figures)
    for (const fault of faults) print(`FAULT: ${fault}`)
    isWell &&= faults.length === 0
    const line = lineOf(row.title, figures)
    print(line)
    lines.push(line)
  }
  console.log(`\n${header}\n${lines.join('\n')}`)
  return isWell
}

function lineOf(title: string, figures: Figures): string {
  const { hot, cold, revocations, completeReceiptAt, acknowledged, lost, wrong } = figures
  const failing =
    hot.failures === 0
      ? 'no failure'
      : `503 from ${seconds(hot.firstFailureAt)} to ${seconds(hot.lastFailureAt)}`
  const columns = [
    title,
    seconds(figures.acceptedAt),
    failing,
    cold.failures === 0 ? 'no failure' : seconds(cold.goodAgainAt),
    revocations.failures === 0 ? 'no failure' : seconds(revocations.goodAgainAt),
    seconds(completeReceiptAt),
    `${acknowledged}, ${lost.length}`,
    String(wrong.length),
  ]
  return `| ${columns.join(' | ')} |`
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? 'not seen' : `${(ms / 1000).toFixed(1)} s`
}
