import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sizes } from './sizes.ts'
import { type WaitName, waits } from './waiting-database.ts'
import type { WriterFigures } from './writers.ts'

export interface Figures {
  readonly date: string
  readonly cores: number
  readonly rounds: number
  readonly seconds: number
  readonly writerCounts: readonly number[]
  readonly most: number
  readonly furtherInstances: number
  of(name: string): WriterFigures
  readonly sizes: Sizes
}

const page = join(import.meta.dirname, '../../docs/scale.md')
const start = '<!-- npm run bench:changes -- --write: begin -->'
const end = '<!-- end -->'

/** The figures as Markdown. */
export function tablesOf(figures: Figures): string {
  const { date, cores, rounds, seconds, most, furtherInstances, sizes } = figures
  return `Measured on ${date}, on a machine with ${cores} cores that PostgreSQL, the instances and the callers share: medians of ${rounds} rounds of ${seconds} s.

${waitTable(figures)}

${most} writers, with commits that wait for the disk:

| | changes/s | p50 | p99 |
|---|---|---|---|
${line('two instances, an account for each writer', figures.of(`service, disk, ${most}`))}
${line('two instances, one account', figures.of('one account'))}
${line(`${2 + furtherInstances} instances, an account for each writer`, figures.of('further'))}

| stored | bytes, with indexes |
|---|---|
| a key, its credential, its words and its use record | ${sizes.key.toFixed(0)} |
| an audit event | ${sizes.auditEvent.toFixed(0)} |
| a change in the feed | ${sizes.change.toFixed(0)} |`
}

/** Puts the figures between the marks of docs/scale.md. Throws when the marks are gone. */
export async function writeFigures(figures: Figures): Promise<void> {
  const text = await readFile(page, 'utf8')
  const [before, rest] = text.split(start)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) {
    throw new Error('docs/scale.md has lost the marks of its figures.')
  }
  await writeFile(page, `${before}${start}\n\n${tablesOf(figures)}\n\n${end}${after}`)
}

function waitTable({ of, writerCounts }: Figures): string {
  const rows = (Object.keys(waits) as WaitName[]).flatMap((wait) =>
    writerCounts.map((writers) => {
      const [counter, service] = ['counter', 'service'].map((what) =>
        of(`${what}, ${wait}, ${writers}`),
      )
      if (counter === undefined || service === undefined) throw new Error('Nothing was measured.')
      const cells = [waits[wait].told, String(writers), rate(counter), ms(counter.p99Ms)]
      cells.push(rate(service), ms(service.p50Ms), ms(service.p99Ms))
      return row([...cells, (service.cyclesPerSecond ?? 0).toFixed(0)])
    }),
  )
  return `| a commit waits for | writers | the counter alone: changes/s | p99 | the service: changes/s | p50 | p99 | sync cycles/s of an instance |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}`
}

function line(what: string, figures: WriterFigures): string {
  return row([what, rate(figures), ms(figures.p50Ms), ms(figures.p99Ms)])
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function rate({ perSecond }: WriterFigures): string {
  return perSecond.toFixed(0)
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}
