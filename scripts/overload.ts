/**
 * Sends first verifications at four times the rate that can be served, for as long as asked, to a
 * service in a process of its own:
 *   npm run overload -- [--seconds 30] [--profile password|random]
 * Exits with 1 when what is accepted takes too long, what is refused is not 503 with Retry-After,
 * memory grows without end, or the service is not well again a second after the end. For a machine
 * that does nothing else meanwhile.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createEmptyDatabase } from '../test/helpers/database.ts'
import { endWithParent } from '../test/helpers/end-with-parent.ts'
import { measureServedRate, percentile, runOpenLoad } from '../test/helpers/load.ts'
import type { Served } from './overload-server.ts'

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    profile: { type: 'string', default: 'password' },
  },
})
const seconds = Number(given.seconds)
const forms = 100_000
const maxWaitMs = 500

const database = await createEmptyDatabase()
const child = fork(join(import.meta.dirname, 'overload-server.ts'), [String(forms)], {
  env: {
    PATH: process.env.PATH,
    DATABASE_URL: database.url,
    HASH_PROFILE: given.profile,
    HASH_WAIT_MAX_MS: String(maxWaitMs),
    LOG_LEVEL: 'error',
  },
})
endWithParent(child)
const [served] = (await once(child, 'message')) as [Served]
const { url, rootToken, tokens } = served
const target = { url, callerToken: rootToken }
let used = 0
const tokenOf = () => {
  used += 1
  return tokens[used % forms] ?? ''
}

const rate = await measureServedRate({ ...target, tokenOf, seconds: 3 }, 8)
const rssBefore = await residentMegabytes()
let rssMost = 0
let isOver = false
const watching = (async () => {
  while (!isOver) {
    rssMost = Math.max(rssMost, await residentMegabytes())
    await sleep(500)
  }
})()
const samples = await runOpenLoad({ ...target, tokenOf, perSecond: 4 * rate, seconds })
const endedAt = performance.now()
await untilWell()
const recoveredMs = performance.now() - endedAt
isOver = true
await watching

const accepted = samples.filter(({ status }) => status === 200).map(({ tookMs }) => tookMs)
const refused = samples.filter(({ status }) => status !== 200)
const refusedMs = refused.map(({ tookMs }) => tookMs)
console.table({
  'can be served, a second': Math.round(rate),
  'sent, a second': Math.round(samples.length / seconds),
  'accepted, a second': Math.round(accepted.length / seconds),
  'accepted, p50 ms': Math.round(percentile(accepted, 0.5)),
  'accepted, p99 ms': Math.round(percentile(accepted, 0.99)),
  'refused, p50 ms': Math.round(percentile(refusedMs, 0.5)),
  'refused, p99 ms': Math.round(percentile(refusedMs, 0.99)),
  'recovered after, ms': Math.round(recoveredMs),
  'resident before, MB': Math.round(rssBefore),
  'resident at most, MB': Math.round(rssMost),
})
const faults = [
  accepted.length < (rate * seconds) / 4 && 'too few were served',
  percentile(accepted, 0.99) > 2 * maxWaitMs + 500 && 'what was accepted took too long',
  refused.some(({ code, retryAfter }) => code !== 'overloaded' || retryAfter === undefined) &&
    'something was refused otherwise than by 503 overloaded with Retry-After',
  recoveredMs > 1_000 && 'it took more than a second to recover',
  rssMost > rssBefore + 300 && 'memory grew by more than 300 MB',
].filter((fault) => fault !== false)
for (const fault of faults) console.error(fault)
child.disconnect()
await once(child, 'exit')
await database.drop()
process.exitCode = faults.length === 0 ? 0 : 1

/** Retries until a token that was never seen is verified at once. */
async function untilWell(): Promise<void> {
  const ask = () => runOpenLoad({ ...target, tokenOf, perSecond: 100, seconds: 0.01 })
  while ((await ask()).some(({ status }) => status !== 200)) await sleep(10)
}

async function residentMegabytes(): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const bytes = /^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]
  return Number(bytes) / 1e6
}
