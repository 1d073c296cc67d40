/**
 * Two acts at once, of which one grants and the other widens or narrows what it is judged by: what
 * comes of them is what comes of one after the other. A sample of the pairs, drawn anew by each
 * run, each pair at one isolation; `npm run races` runs every pair at both. SEED=N repeats a
 * sample.
 */
import { randomInt } from 'node:crypto'
import t from 'tap'
import { isolationLevels } from '../../src/store/database.ts'
import { Random } from '../chaos/random.ts'
import { openSite, type Site } from '../helpers/grant-race-site.ts'
import { bothWays, type Race, races, runInTurn, runOverlapping } from '../helpers/grant-races.ts'

const sampleSize = 40
const seed = Number(process.env.SEED ?? randomInt(2 ** 31))

t.test(`two acts at once have the outcome of some order (SEED=${seed})`, async (t) => {
  const sites: Site[] = []
  for (const isolation of isolationLevels) sites.push(await openSite(t, isolation))
  const sample = sampleOf(races, seed)
  let ordered = 0
  for (const [index, race] of sample.entries()) {
    const isolation = index % sites.length
    const site = sites[isolation]
    if (site === undefined) throw new Error('There is no site.')
    const { outcomes, isOrdered } = await runInTurn(site, race)
    if (isOrdered) ordered += 1
    const name = `${race.grant}; ${race.change}, under ${isolationLevels[isolation]}`
    for (const order of bothWays) {
      const outcome = await runOverlapping(site, race, order)
      t.ok(outcomes.includes(outcome), name, { outcome, outcomes })
    }
  }
  t.ok(ordered > 0, `the order matters to ${ordered} of ${sample.length} pairs`)
})

/** Each act at least once, then pairs by chance. */
function sampleOf(all: readonly Race[], from: number): readonly Race[] {
  const shuffled = new Random(from).shuffled(all)
  const met = new Set<string>()
  const covering = shuffled.filter(({ grant, change }) => {
    if (met.has(grant) && met.has(change)) return false
    met.add(grant).add(change)
    return true
  })
  const others = shuffled.filter((race) => !covering.includes(race))
  return [...covering, ...others.slice(0, Math.max(0, sampleSize - covering.length))]
}
