/**
 * Runs test files through a proxy that injures their connections to PostgreSQL, in ways that no
 * caller of the service may notice: serialization failures and deadlocks at any statement of an
 * act and at COMMIT, messages in fragments and late, notifications twice, settings and notices
 * that nobody asked for.
 *   node scripts/with-postgres.ts node scripts/hostile-tests.ts [--seed S] [FILE...]
 * By default all tests of acts, freshness, management and the store, but for a few that
 * test/hostile/suites.ts lists with the reason. A seed repeats the order of the lots, not that of
 * the statements. Exits with 1 when a test fails.
 */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Random } from '../test/chaos/random.ts'
import { mildFaults } from '../test/hostile/fault-plan.ts'
import { startHostileProxy } from '../test/hostile/hostile-proxy.ts'
import { injuredFiles } from '../test/hostile/suites.ts'
import { targetOf } from '../test/hostile/target.ts'

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string', default: String(randomInt(2 ** 31)) } },
  allowPositionals: true,
})
const url = process.env.TEST_DATABASE_URL
if (url === undefined) {
  console.error('TEST_DATABASE_URL is not set: run it by npm run test:proxy.')
  process.exit(2)
}
const { target, through } = targetOf(url)
const random = new Random(Number(values.seed))
const faultPlan = mildFaults(() => random.next())
const proxy = await startHostileProxy(target, faultPlan)
console.log(`seed ${values.seed}`)
const files = positionals.length > 0 ? positionals : injuredFiles()
const tap = spawn('tap', ['--disable-coverage', '--jobs=2', ...files], {
  stdio: 'inherit',
  env: { ...process.env, TEST_DATABASE_URL: through(proxy.port) },
})
const [code] = await once(tap, 'exit')
await proxy.close()
console.log(JSON.stringify(Object.fromEntries(proxy.counts)))
if (proxy.counts.size === 0) console.error('Nothing was injured.')
process.exit(code === 0 && proxy.counts.size > 0 ? 0 : 1)
