/**
 * Kills a service at random moments while it issues, revokes and verifies, and checks after each
 * time that nothing acknowledged is lost (`npm test` does three rounds of the same):
 *   node scripts/crash.ts [ROUNDS]     20 by default
 */
import { createCrashes } from '../test/helpers/crash.ts'
import { createProcesses } from '../test/helpers/process.ts'

const rounds = Number(process.argv[2] ?? 20)
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('usage: node scripts/crash.ts [ROUNDS]')
  process.exit(2)
}

const processes = await createProcesses()
try {
  const crashes = await createCrashes(processes)
  for (let round = 1; round <= rounds; round += 1) {
    const { issued, revoked, unanswered } = await crashes.round()
    console.log(
      `round ${round}: ${issued} keys issued, ${revoked} revoked, ${unanswered} unanswered; all is well`,
    )
  }
  await crashes.finish()
} finally {
  await processes.end()
}
