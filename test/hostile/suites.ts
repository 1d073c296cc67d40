import { globSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** test/acts/{grant,user}-races.test.ts run, since they accept the outcome of either order. */
const inOrder =
  'It has acts wait for a lock in a certain order: an injured act is repeated, and then comes last.'
const ownServers = 'It starts a primary and a standby of its own, which the proxy does not lead to.'
const noDatabase = 'It uses no database.'

/** The folders whose tests must pass although their connections are injured. */
export const injuredFolders = ['test/acts', 'test/freshness', 'test/management', 'test/store']

/** Test files of these folders that are not run so, and why. */
export const notInjured: Readonly<Record<string, string>> = {
  'test/acts/bulk-concurrency.test.ts': inOrder,
  'test/acts/concurrency.test.ts': inOrder,
  'test/acts/key-act-concurrency.test.ts': inOrder,
  'test/acts/session-concurrency.test.ts': inOrder,
  'test/acts/user-concurrency.test.ts': inOrder,
  'test/freshness/deposed-primary.test.ts': ownServers,
  'test/freshness/edge-streams.test.ts': noDatabase,
  'test/freshness/several-hosts.test.ts': ownServers,
  'test/store/database-servers.test.ts': ownServers,
  'test/store/fair-semaphore.test.ts': noDatabase,
  'test/store/pool-sizes.test.ts': noDatabase,
}

/** All other test files of the folders. */
export function injuredFiles(): readonly string[] {
  return testFiles().filter((file) => !(file in notInjured))
}

/** The test files of the folders. */
export function testFiles(): readonly string[] {
  const patterns = injuredFolders.map((folder) => `${folder}/*.test.ts`)
  return globSync(patterns, { cwd: root }).sort()
}
