/**
 * Two acts at once of which people are the authors or the subject: what comes of them is what comes
 * of one after the other. A sample of the pairs; `npm run races` runs every pair at both
 * isolations.
 */
import t from 'tap'
import { allPairsOf, bothWays, runInTurn, runOverlapping } from '../helpers/act-races.ts'
import { trySample } from '../helpers/try-races.ts'
import { acts } from '../helpers/user-race-acts.ts'
import { openSite } from '../helpers/user-race-site.ts'

await trySample(t, openSite, allPairsOf(acts), {
  size: 24,
  ordered: [
    'an admin removes the other one with the keys',
    'the other admin removes the first one',
  ],
})

await t.test('a sign-in starts no session by the role of another sign-in', async (t) => {
  const site = await openSite(t, 'read committed')
  const wanted = [
    'the mapped person signs in for another role',
    'the mapped person signs in without a role',
  ]
  const race = allPairsOf(acts).find(({ names }) => wanted.every((name) => names.includes(name)))
  if (race === undefined) throw new Error('There is no such pair.')
  const { outcomes } = await runInTurn(site, race)
  // Both go on at once where the first has committed: which one is faster differs.
  for (let time = 0; time < 6; time += 1) {
    for (const order of bothWays) {
      const outcome = await runOverlapping(site, race, order)
      t.ok(outcomes.includes(outcome), 'the outcome of some order', { outcome, outcomes })
    }
  }
})
