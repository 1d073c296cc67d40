/**
 * Measures verifications in the process of the caller: node --expose-gc bench/edge/measure.ts FILE.
 * Prints EdgeFigures.
 */
import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { createVerifier, type Verdict } from '../../clients/typescript/src/client.ts'
import { percentile } from '../statistics.ts'
import type { EdgeFigures, EdgeWork } from './figures.ts'

const [file = ''] = process.argv.slice(2)
const work: EdgeWork = JSON.parse(await readFile(file, 'utf8'))
const { tokens } = work
const timedCalls = 200_000
/** As long as the run lasts at most: none of its rows is read again. */
const timeToLiveMs = 600_000

const verifier = createVerifier({ url: work.url, token: work.callerToken, timeoutMs: 60_000 })
await untilAttached()
const before = heldBytes()
for (const token of tokens) await verifier.verify(token)
const bytesPerKey = (heldBytes() - before) / tokens.length
const rows = new Map(
  await Promise.all(tokens.map(async (token) => [digestOf(token), await newRow(token)] as const)),
)

const attached: number[] = []
const homeMade: number[] = []
for (let round = -1; round < work.rounds; round += 1) {
  const rates = [
    await rateOf((token) => verifier.verify(token)),
    await rateOf((token) => verifyHomeMade(token)),
  ] as const
  // The first round compiles the code.
  if (round < 0) continue
  attached.push(rates[0])
  homeMade.push(rates[1])
}
requireMemory()
const figures: EdgeFigures = { attached, homeMade, p99Micros: await p99(), bytesPerKey }
console.log(JSON.stringify(figures))
await verifier.close()

/** A verifier that had to ask again was not measured. */
function requireMemory(): void {
  const { requests } = verifier.counters
  const asked = verifier.counters.valid - verifier.counters.fromMemory
  if (requests === 0 && asked <= tokens.length) return
  throw new Error(`${asked} of the verifications were asked, ${requests} of them over HTTP.`)
}

async function untilAttached(): Promise<void> {
  for (;;) {
    const ready = await verifier.ready()
    if (ready.isReady && ready.isAttached) return
    await sleep(50)
  }
}

/** Verifications a second of CPU time of this process, all threads. */
async function rateOf(verify: (token: string) => Promise<{ valid: boolean }>): Promise<number> {
  const end = performance.now() + work.roundSeconds * 1_000
  const begun = process.cpuUsage()
  let count = 0
  while (performance.now() < end) {
    for (const token of tokens) {
      const { valid } = await verify(token)
      if (!valid) throw new Error('A valid token was denied.')
    }
    count += tokens.length
    // The map never lets the event loop turn, in which the verifier beats: its lease would end.
    await nextTurn()
  }
  const { user, system } = process.cpuUsage(begun)
  return (count * 1e6) / (user + system)
}

async function p99(): Promise<number> {
  const micros: number[] = []
  for (let call = 0; call < timedCalls; call += 1) {
    const token = tokens[call % tokens.length] ?? ''
    const begun = performance.now()
    await verifier.verify(token)
    micros.push((performance.now() - begun) * 1_000)
  }
  return percentile(micros, 0.99)
}

async function newRow(token: string): Promise<{ verdict: Verdict; readonly until: number }> {
  return { verdict: await verifier.verify(token), until: Date.now() + timeToLiveMs }
}

/** What users build: the row by the hash of the token, for as long as it lives. */
async function verifyHomeMade(token: string): Promise<Verdict> {
  const row = rows.get(digestOf(token))
  if (row === undefined || row.until < Date.now()) throw new Error('The row is to be read again.')
  return row.verdict
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64url')
}

function heldBytes(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
