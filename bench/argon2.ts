/**
 * What each hash profile costs: `node bench/argon2.ts`. Milliseconds of one hash alone (median),
 * and hashes a second with four in flight (median of five rounds).
 */
import { randomBytes } from 'node:crypto'
import { createSecretHasher } from '../src/verification/hashing/hasher.ts'
import { noPeppers } from '../src/verification/hashing/peppers.ts'
import { type HashProfileName, hashProfiles } from '../src/verification/hashing/profile.ts'
import { WorkQueue } from '../src/verification/hashing/work-queue.ts'

const rounds = 5
const inFlight = 4

console.log('| profile | memory | passes | one alone | four in flight |')
console.log('|---|---|---|---|---|')
for (const name of Object.keys(hashProfiles) as HashProfileName[]) {
  const profile = hashProfiles[name]
  const { hash, matches } = createSecretHasher({
    profile,
    peppers: noPeppers,
    queue: new WorkQueue({ concurrency: inFlight, maxWaiting: 1_000 }),
    randomBytes,
  })
  const stored = await hash('bench', 'secret')
  const verify = () => matches('bench', stored, 'secret')
  const count = name === 'random' ? 400 : 40
  await Promise.all(Array.from({ length: inFlight }, verify))
  const alone = await medianOf(async () => (await secondsFor(1, count / 4, verify)) / (count / 4))
  const together = await medianOf(async () => count / (await secondsFor(inFlight, count, verify)))
  console.log(
    `| ${name} | ${profile.memoryCost} KiB | ${profile.timeCost} | ${(alone * 1000).toFixed(2)} ms | ${Math.round(together)}/s |`,
  )
}

async function medianOf(measure: () => Promise<number>): Promise<number> {
  const values: number[] = []
  for (let round = 0; round < rounds; round += 1) values.push(await measure())
  return values.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
}

async function secondsFor(
  width: number,
  count: number,
  act: () => Promise<boolean>,
): Promise<number> {
  const start = process.hrtime.bigint()
  let left = count
  const worker = async () => {
    while (left > 0) {
      left -= 1
      if (!(await act())) throw new Error('a secret did not match its own hash')
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return Number(process.hrtime.bigint() - start) / 1e9
}
