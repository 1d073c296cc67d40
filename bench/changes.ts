/**
 * Measures how many changes a second one database takes, by how long a commit waits and by how
 * many callers write at once, and the size of what is stored:
 *   npm run bench:changes -- [--quick] [--write] [--date YYYY-MM-DD]
 * The database is a private one with its own server. `--write` puts the figures into docs/scale.md.
 * The date is the one given, or today's.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { openCounter } from './changes/counter.ts'
import { openService } from './changes/service.ts'
import { measureSizes } from './changes/sizes.ts'
import { type Figures, tablesOf, writeFigures } from './changes/tables.ts'
import { startWaitingDatabase, type WaitName, waits } from './changes/waiting-database.ts'
import { medianOf, type WriterFigures } from './changes/writers.ts'

const writerCounts = [1, 4, 16] as const
const most = Math.max(...writerCounts)
/** How many instances run beside the two that callers write to, to see what they cost. */
const furtherInstances = 6

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
  },
})
if (values.quick && values.write) throw new Error('Only whole rounds are written down.')
const [rounds, seconds] = values.quick ? [1, 1] : [3, 4]

const database = await startWaitingDatabase()
try {
  const figures = await measure()
  console.log(tablesOf(figures))
  if (values.write) await writeFigures(figures)
} finally {
  await database.stop()
}

async function measure(): Promise<Figures> {
  const service = await openService(database.url, most)
  const counter = await openCounter(database.url, most)
  const samples = new Map<string, WriterFigures[]>()
  const take = async (name: string, run: () => Promise<WriterFigures>) => {
    const one = await run()
    samples.set(name, [...(samples.get(name) ?? []), one])
    tell(`${name}: ${one.perSecond.toFixed(0)} a second`)
  }
  try {
    // Warms the service up.
    await service.changes(most, seconds)
    for (let round = 0; round < rounds; round += 1) {
      for (const wait of Object.keys(waits) as WaitName[]) {
        await database.waitFor(wait)
        for (const writers of writerCounts) {
          await take(`counter, ${wait}, ${writers}`, () => counter.changes(writers, seconds))
          await take(`service, ${wait}, ${writers}`, () => service.changes(writers, seconds))
        }
      }
      await database.waitFor('disk')
      await take('one account', () => service.changesOfOneAccount(most, seconds))
    }
    await service.startFurther(furtherInstances)
    for (let round = 0; round < rounds; round += 1) {
      await take('further', () => service.changes(most, seconds))
    }
    const sizes = await measureSizes(service, database)
    return {
      date: values.date,
      cores: availableParallelism(),
      rounds,
      seconds,
      writerCounts,
      most,
      furtherInstances,
      of: (name) => medianOf(samples.get(name) ?? []),
      sizes,
    }
  } finally {
    await counter.close()
    await service.stop()
  }
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}
