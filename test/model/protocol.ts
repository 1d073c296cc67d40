import { Freshness } from '../../src/freshness/freshness.ts'
import type { Moment } from '../../src/freshness/lease.ts'
import { type Timing, timingOf } from '../../src/freshness/timing.ts'
import { CurrentHistory } from '../../src/store/current-history.ts'
import { CredentialCache } from '../../src/verification/credential-cache.ts'
import { Follower } from './follower.ts'
import type { Node } from './node.ts'
import { Pool, type PoolOptions } from './pool.ts'
import { Reads, type ReadsOptions } from './reads.ts'
import { ReceiptDesk, type RevisionRef } from './receipt-desk.ts'
import { Verifier } from './verifier.ts'

/** The parts of an instance. A mutant of the protocol is one of them replaced. */
export interface Protocol {
  timing(maxStalenessMs: number): Timing
  freshness(timing: Timing, maxRemembered: number): Freshness
  cache(maxEntries: number, freshness: Freshness, now: () => Moment): CredentialCache
  history(): CurrentHistory
  pool(options: PoolOptions): Pool
  reads(options: ReadsOptions): Reads
  /** What the lease sees of the clocks. */
  moment(moment: Moment): Moment
  follower(node: Node): Follower
  verifier(node: Node): Verifier
  receipts(
    node: Node,
    follower: Follower,
    onComplete: (committed: RevisionRef) => void,
  ): ReceiptDesk
}

/** What ships. */
export const shipped: Protocol = {
  timing: timingOf,
  freshness: (timing, maxRemembered) => new Freshness(timing, maxRemembered),
  cache: (maxEntries, freshness, now) => new CredentialCache(maxEntries, freshness, now),
  history: () => new CurrentHistory(),
  pool: (options) => new Pool(options),
  reads: (options) => new Reads(options),
  moment: (moment) => moment,
  follower: (node) => new Follower(node),
  verifier: (node) => new Verifier(node),
  receipts: (node, follower, onComplete) => new ReceiptDesk(node, follower, onComplete),
}
