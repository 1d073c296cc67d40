/**
 * Runs the model of the freshness protocol (test/model) through many more schedules than the tests
 * do:
 *   node scripts/model.ts            100,000 schedules
 *   node scripts/model.ts 5000       so many
 *   node scripts/model.ts 5000 7     so many, from this seed
 * Every other 5,000 schedules have edges. A schedule that breaks a guarantee is shrunk and printed
 * with all that happened in it; exits with 1.
 */

import { Counts } from '../test/model/counts.ts'
import { tell } from '../test/model/describe.ts'
import { hunt } from '../test/model/hunt.ts'
import { everySchedule, everyScheduleOfEdges } from '../test/model/schedules.ts'

const atATime = 5_000

const [most = 100_000, firstSeed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
if (!Number.isSafeInteger(most) || most < 1 || !Number.isSafeInteger(firstSeed)) {
  throw new Error('Usage: node scripts/model.ts [schedules] [seed]')
}

const counts = new Counts()
const begunAt = performance.now()
console.log(`${most} schedules from seed ${firstSeed}`)
for (let done = 0, seed = firstSeed; done < most && process.exitCode === undefined; seed += 1) {
  const { count, found } = hunt({
    schedules: seed % 2 === 0 ? everySchedule : everyScheduleOfEdges,
    most: Math.min(atATime, most - done),
    seed,
    isShrunk: true,
    counts,
  })
  done += count
  if (found !== undefined) {
    console.log(tell(found))
    console.log(`a guarantee is broken: seed ${seed}, schedule ${count}`)
    process.exitCode = 1
  }
  const seconds = (performance.now() - begunAt) / 1_000
  console.log(`${done} schedules, ${seconds.toFixed(0)} s`)
}
console.table(counts)
