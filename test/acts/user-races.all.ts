/**
 * Two acts at once of which people are the authors or the subject: what comes of them is what comes
 * of one after the other. Every pair, at both isolations: `npm run races`. A sample of the pairs is
 * in user-races.test.ts.
 */
import t from 'tap'
import { allPairsOf } from '../helpers/act-races.ts'
import { tryAll } from '../helpers/try-races.ts'
import { acts } from '../helpers/user-race-acts.ts'
import { openSite } from '../helpers/user-race-site.ts'

await tryAll(t, openSite, allPairsOf(acts), 1 / 8)
