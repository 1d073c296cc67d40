/**
 * Two acts at once, of which one grants and the other widens or narrows what it is judged by: what
 * comes of them is what comes of one after the other. A sample of the pairs; `npm run races` runs
 * every pair at both isolations.
 */
import t from 'tap'
import { races } from '../helpers/grant-race-acts.ts'
import { openSite } from '../helpers/grant-race-site.ts'
import { trySample } from '../helpers/try-races.ts'

await trySample(t, openSite, races, {
  size: 24,
  ordered: ['a clerk issues', 'the clerk is revoked'],
})
