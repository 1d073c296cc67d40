/**
 * Two acts at once, of which one grants and the other widens or narrows what it is judged by: what
 * comes of them is what comes of one after the other. Every pair, at both isolations: `npm run
 * races`. A sample of the pairs is in grant-races.test.ts.
 */
import t, { type Test } from 'tap'
import { isolationLevels } from '../../src/store/database.ts'
import { openSite, type Site } from '../helpers/grant-race-site.ts'
import {
  bothWays,
  type Race,
  races,
  runFreely,
  runInTurn,
  runOverlapping,
} from '../helpers/grant-races.ts'

/** Each so many-th pair is also let run freely. */
const freeEvery = 4
/** Pairs are walked by so many at once, on databases of their own. */
const walkers = 2

t.test('every pair of acts has the outcome of some order', async (t) => {
  const walked = await Promise.all(
    Array.from({ length: walkers }, async (_, walker) => {
      const sites = await Promise.all(isolationLevels.map((isolation) => openSite(t, isolation)))
      let ordered = 0
      for (const [index, race] of races.entries()) {
        if (index % walkers !== walker) continue
        if (await walk(t, sites, race, index)) ordered += 1
      }
      return ordered
    }),
  )
  const ordered = walked.reduce((sum, count) => sum + count, 0)
  t.ok(ordered > races.length / 4, `the order matters to ${ordered} of ${races.length} pairs`)
})

/**
 * Whether the order of the two matters. If it does not, they are tried in one order at each
 * isolation: which one changes from pair to pair.
 */
async function walk(t: Test, sites: readonly Site[], race: Race, index: number): Promise<boolean> {
  const [committed] = sites
  if (committed === undefined) throw new Error('There is no site.')
  const { outcomes, isOrdered } = await runInTurn(committed, race)
  for (const [isolation, site] of sites.entries()) {
    const orders = isOrdered ? bothWays : bothWays.slice((index + isolation) % 2).slice(0, 1)
    const seen: string[] = []
    for (const order of orders) seen.push(await runOverlapping(site, race, order))
    if (index % freeEvery === 0) seen.push(await runFreely(site, race))
    const strange = seen.filter((outcome) => !outcomes.includes(outcome))
    const name = `${race.grant}; ${race.change}, under ${isolationLevels[isolation]}`
    if (strange.length > 0) t.same(strange, outcomes, name)
  }
  return isOrdered
}
