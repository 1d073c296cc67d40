/** What the model of the freshness protocol must show. */
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { Counts } from './counts.ts'
import { tell } from './describe.ts'
import { lateKeys, newCredentials, withOldEdges } from './edges/under-fire.ts'
import { type Hunt, hunt } from './hunt.ts'
import { type Mutant, mutants } from './mutants.ts'
import { everySchedule, withEdges } from './schedules.ts'

/** `npm run model` runs a hundred times as many. */
const schedules = 1_000
const schedulesWithEdges = 200

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
    for (const [what, times] of Object.entries(counts)) {
      if (!what.startsWith('edge')) t.ok(times > 100, `${what}: ${times}`)
    }
    const answers =
      counts.answersFromMemory + counts.answersFromJoinedLoads + counts.answersFromOwnLoads
    t.ok(counts.answersFromMemory > answers / 2, 'most answers came from memory')
  })
})

t.test(`both guarantees hold at edges through ${schedulesWithEdges} schedules`, async (t) => {
  const counts = new Counts()
  const options = { most: schedulesWithEdges, seed: 1, isShrunk: true, counts }
  const { count, found } = hunt({ ...options, schedules: withEdges })
  if (found !== undefined) t.fail(tell(found))
  t.equal(count, schedulesWithEdges)
  t.ok(counts.edgeAnswersFromMemory > 10_000, `from memory: ${counts.edgeAnswersFromMemory}`)
  t.ok(counts.edgeAnswersFromInstances > 10_000, `asked: ${counts.edgeAnswersFromInstances}`)
  t.ok(counts.edgeAttachments > 1_000, `attached: ${counts.edgeAttachments}`)
})

t.test('both guarantees hold at edges with older rules than the service', async (t) => {
  const { count, found } = hunt({ schedules: withOldEdges, most: 25, seed: 1, isShrunk: true })
  if (found !== undefined) t.fail(tell(found))
  t.equal(count, 25)
})

t.test('no edge accepts a credential whose first use is not recorded', async (t) => {
  const { count, found } = hunt({ schedules: newCredentials, most: 10, seed: 1, isShrunk: true })
  if (found !== undefined) t.fail(tell(found))
  t.equal(count, 10)
})

t.test('both guarantees hold at edges that are asked for keys before they are known', async (t) => {
  for (const kind of ['imported', 'issued', 'standby'] as const) {
    const { count, found } = hunt({ schedules: lateKeys(kind), most: 10, seed: 1, isShrunk: true })
    if (found !== undefined) t.fail(tell(found))
    t.equal(count, 10, kind)
  }
})

t.test('the model catches every protocol that lacks one rule', async (t) => {
  for (const mutant of mutants) {
    const { count, found } = huntOf(mutant)
    t.ok(found, `${mutant.name}: caught by schedule ${count}`)
    // A test whose runner was killed ends in a turn of the event loop.
    await setImmediate()
  }
})

function huntOf({ name, seed = 1, caughtBy = 1, ...mutant }: Mutant): Hunt {
  // What breaks itself alone breaks no guarantee.
  const options = { ...mutant, seed, checksLife: false }
  const known = hunt({ ...options, first: caughtBy, most: 1 })
  return known.found === undefined ? hunt({ ...options, most: longestHunt }) : known
}
