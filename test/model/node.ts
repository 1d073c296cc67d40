import type { Moment } from '../../src/domain/protocol/lease.ts'
import type { Freshness } from '../../src/freshness/freshness.ts'
import type { Timing } from '../../src/freshness/timing.ts'
import type { CurrentHistory } from '../../src/store/current-history.ts'
import type { CredentialCache } from '../../src/verification/credential-cache.ts'
import type { Environment } from './environment.ts'
import type { Link } from './link.ts'
import type { Pool } from './pool.ts'
import type { Process } from './process.ts'
import type { Reads } from './reads.ts'

/** Where the parts of one instance live: its process, its network, and the code that ships. */
export interface Node {
  readonly name: string
  readonly environment: Environment
  readonly process: Process
  readonly link: Link
  readonly timing: Timing
  readonly pollIntervalMs: number
  readonly freshness: Freshness
  readonly cache: CredentialCache
  readonly history: CurrentHistory
  readonly pool: Pool
  readonly reads: Reads
  /** Both clocks, as the lease sees them. */
  readonly now: () => Moment
}
