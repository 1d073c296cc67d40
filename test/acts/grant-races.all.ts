/**
 * Two acts at once, of which one grants and the other widens or narrows what it is judged by: what
 * comes of them is what comes of one after the other. Every pair, at both isolations: `npm run
 * races`. A sample of the pairs is in grant-races.test.ts.
 */
import t from 'tap'
import { races } from '../helpers/grant-race-acts.ts'
import { openSite } from '../helpers/grant-race-site.ts'
import { tryAll } from '../helpers/try-races.ts'

await tryAll(t, openSite, races, 1 / 4)
