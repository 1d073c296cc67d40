/**
 * Tries on a database what the service rests on, line by line with the remedy:
 *   node scripts/check-database.ts URL
 * Everything happens in a schema of its own, which is dropped at the end. Exits with 0 when nothing
 * is refused, with 1 otherwise, and with 2 for wrong arguments.
 */
import { parseDatabaseUrl } from '../src/store/database-url.ts'
import { checkDatabase } from './database-check/check-database.ts'
import type { Line } from './database-check/finding.ts'

const [url, ...more] = process.argv.slice(2)
const { faults } = parseDatabaseUrl(url ?? '')
if (url === undefined || more.length > 0 || faults.length > 0) {
  for (const fault of url === undefined ? [] : faults) console.error(`The URL ${fault}.`)
  console.error('Usage: npm run check:database -- URL')
  process.exit(2)
}

const interrupting = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupting.abort())
}

const lines = await checkDatabase(url, print, interrupting.signal)
const refused = lines.filter(({ state }) => state === 'refused').length
const untried = lines.filter(({ state }) => state === 'not tried').length
console.log(`${lines.length} checks: ${refused} refused, ${untried} not tried.`)
process.exit(refused > 0 || interrupting.signal.aborted ? 1 : 0)

function print({ name, state, text }: Line): void {
  console.log(`${state.padEnd(9)}  ${name}: ${text}`)
}
