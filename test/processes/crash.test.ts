import t from 'tap'
import { createCrashes } from '../helpers/crash.ts'
import { createProcesses } from '../helpers/process.ts'

const rounds = 3

t.test(
  'kill -9 loses no acknowledged key and no revocation, and leaves no PostgreSQL',
  async (t) => {
    const processes = await createProcesses()
    t.teardown(() => processes.end())
    const crashes = await createCrashes(processes)
    for (let round = 1; round <= rounds; round += 1) {
      const { issued, revoked, unanswered } = await crashes.round()
      t.ok(issued > 0, `${issued} issued, ${revoked} revoked, ${unanswered} unanswered`)
    }
    await crashes.finish()
  },
)
