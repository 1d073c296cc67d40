/**
 * How many hashes of the profile `random` a second Argon2 alone compares on this machine, in a
 * process that does nothing else, at whichever concurrency does most:
 *   node bench/argon2-ceiling.ts SECONDS
 */
import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { hashProfiles } from '../src/verification/hashing/profile.ts'

const seconds = Number(process.argv[2])
const concurrencies = [2, 3, 4, 8]
const { memoryCost, timeCost, parallelism } = hashProfiles.random
const secret = randomBytes(32).toString('base64url')
const stored = await hash(secret, { memoryCost, timeCost, parallelism })

await rateAt(4, 0.2)
let best = 0
for (const concurrency of concurrencies) {
  best = Math.max(best, await rateAt(concurrency, seconds / concurrencies.length))
}
process.stdout.write(`${best}\n`)

async function rateAt(concurrency: number, forSeconds: number): Promise<number> {
  const startedAt = performance.now()
  const endsAt = startedAt + forSeconds * 1000
  let count = 0
  const keepVerifying = async () => {
    while (performance.now() < endsAt) {
      if (!(await verify(stored, secret))) throw new Error('A secret did not match its own hash.')
      count += 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, keepVerifying))
  return (count * 1000) / (performance.now() - startedAt)
}
