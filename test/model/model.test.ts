/** What the model of the freshness protocol must show. */
import t from 'tap'
import { Counts } from './counts.ts'
import { tell } from './describe.ts'
import { hunt } from './hunt.ts'
import { mutants } from './mutants.ts'
import { everySchedule } from './schedules.ts'

/** `npm run model` runs a hundred times as many. */
const schedules = 1_000

/** No mutant lives longer. */
const longestHunt = 8_000

t.test(`both freshness guarantees hold through ${schedules} schedules of the model`, async (t) => {
  const counts = new Counts()
  const { count, found } = hunt({
    schedules: everySchedule,
    most: schedules,
    seed: 1,
    isShrunk: true,
    counts,
  })
  if (found !== undefined) t.fail(tell(found))
  t.equal(count, schedules)
  t.test('every kind of fault and event occurred in the schedules of the model', async (t) => {
    for (const [what, times] of Object.entries(counts)) t.ok(times > 100, `${what}: ${times}`)
    const answers =
      counts.answersFromMemory + counts.answersFromJoinedLoads + counts.answersFromOwnLoads
    t.ok(counts.answersFromMemory > answers / 2, 'most answers came from memory')
  })
})

t.test('the model catches every protocol that lacks one rule', async (t) => {
  for (const { name, seed = 1, ...mutant } of mutants) {
    // What breaks itself alone breaks no guarantee.
    const { count, found } = hunt({ ...mutant, most: longestHunt, seed, checksLife: false })
    t.ok(found, `${name}: caught by schedule ${count}`)
  }
})
