/**
 * Two acts at once of which people are the authors or the subject: what comes of them is what comes
 * of one after the other. A sample of the pairs; `npm run races` runs every pair at both
 * isolations.
 */
import t from 'tap'
import { allPairsOf } from '../helpers/act-races.ts'
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
