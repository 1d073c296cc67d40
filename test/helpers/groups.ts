import { globSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/**
 * Test files that share one process, by the name of their group, whose entry is a file in
 * test/groups. Loading the service takes a process a second of CPU time, and twice that where
 * lines are counted: as long as most test files run. What measures turns of the event loop or needs
 * a start of its own is a process of its own, which .taprc names.
 *
 * tap begins in the order of the paths, those whose lines are counted last: the longest groups have
 * names that come first, so that no core is idle while the last one runs alone.
 *
 * `npm test` leaves the groups in test/groups/processes to `npm run test:processes`: their tests
 * start and kill services, workers and database servers by the hundred.
 */
const groups: Readonly<Record<string, readonly string[]>> = {
  '1-freshness': [
    'test/freshness/!(deposed-primary|instances|lease|outage|receipts|several-hosts).test.ts',
    'test/store/!(database-servers).test.ts',
  ],
  'counted-apis': [
    'test/audit/{acts,admin,events,listing,tampering}.test.ts',
    'test/edges/*.test.ts',
    'test/freshness/{lease,outage,receipts}.test.ts',
    'test/http/{aeon-lists-and-roles,aeon-users,bad-input,conditional-reads,lenient-requests}.test.ts',
  ],
  'counted-management': [
    'test/acts/{ending,idempotency,key-act-concurrency,rights}.test.ts',
    'test/management/!(clock-skew|listing).test.ts',
    'test/setup/!(composition).test.ts',
  ],
  'counted-rules': [
    'test/{console,oidc}/*.test.ts',
    'test/domain/!(address).test.ts',
    'test/verification/!(refusal-cause|usage-buffer|verify-batch).test.ts',
  ],
  http: [
    'test/http/!(aeon-*|bad-input|conditional-reads|hostile-requests|large-answers|late-answers|lenient-requests|outage|overload|pipelining).test.ts',
  ],
  integrations: [
    'test/freshness/instances.test.ts',
    'test/http/aeon-!(lists-and-roles|users).test.ts',
    'test/http/outage.test.ts',
    'test/processes/{output,story}.test.ts',
    'test/setup/composition.test.ts',
    'test/typescript-client/*.test.ts',
    'test/verification/{refusal-cause,usage-buffer,verify-batch}.test.ts',
  ],
  'processes/failovers': [
    'test/freshness/{deposed-primary,several-hosts}.test.ts',
    'test/processes/failover.test.ts',
    'test/store/database-servers.test.ts',
  ],
  'processes/services': ['test/processes/{crash,last-flush,orphans,workers}.test.ts'],
  'processes/starts': [
    'test/processes/{early-signals,edge-mode,open-verifier,start-stop,upgrade}.test.ts',
  ],
  races: [
    'test/acts/{bulk-concurrency,concurrency,grant-races,invitation-concurrency,session-concurrency,user-concurrency,user-races}.test.ts',
    'test/audit/roles.test.ts',
    'test/management/{clock-skew,listing}.test.ts',
  ],
  texts: [
    'test/*.test.ts',
    'test/{chaos,settings}/*.test.ts',
    'test/bench/figures.test.ts',
    'test/domain/address.test.ts',
  ],
}

export const groupNames = Object.keys(groups)

/** The paths of the test files of a group from the root of the checkout, in order. */
export function filesOfGroup(name: string): readonly string[] {
  const patterns = groups[name]
  if (patterns === undefined) throw new Error(`There is no group of tests named ${name}.`)
  return globSync(patterns, { cwd: root }).sort()
}
