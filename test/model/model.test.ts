import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { type Reports, schedules } from './model-worker.ts'

t.setTimeout(300_000)

t.test(`both guarantees hold through ${schedules} schedules`, async (t) => {
  const { count, broken, tally } = await reportOf('schedules')
  if (broken !== undefined) t.fail(broken)
  t.equal(count, schedules)
  t.test('and in them everything happened that could break them', async (t) => {
    for (const [what, times] of Object.entries(tally)) t.ok(times > 100, `${what}: ${times}`)
    const answers =
      tally.answersFromMemory + tally.answersFromJoinedReads + tally.answersFromOwnReads
    t.ok(tally.answersFromMemory > answers / 2, 'most answers came from memory')
  })
})

t.test('a protocol with one rule taken out is caught', async (t) => {
  for (const { name, count, guarantee } of await reportOf('mutants')) {
    t.ok(guarantee, `${name}: caught by schedule ${count}`)
    t.not(guarantee, 'live', 'it broke a guarantee, and not itself')
  }
})

async function reportOf<Part extends keyof Reports>(part: Part): Promise<Reports[Part]> {
  const source = join(import.meta.dirname, 'model-worker.ts')
  // Without what tap has this process load first.
  const worker = new Worker(source, { workerData: part, execArgv: [] })
  const [report] = await once(worker, 'message')
  return report
}
