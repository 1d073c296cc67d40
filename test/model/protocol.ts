import { Edge } from '../../src/domain/edge/edge.ts'
import { EdgeFollower, type EdgeFollowerOptions } from '../../src/domain/edge/edge-follower.ts'
import { judgesAlike } from '../../src/domain/edge/edge-protocol.ts'
import type { Moment } from '../../src/domain/protocol/lease.ts'
import type { Position } from '../../src/domain/protocol/position.ts'
import type { KeyFacts, Verdict } from '../../src/domain/verdict.ts'
import { countedMs, type EdgeRules } from '../../src/freshness/attached-edge.ts'
import { EdgeStreams } from '../../src/freshness/edge-streams.ts'
import { FailureDetector } from '../../src/freshness/failure-detector.ts'
import { Follower } from '../../src/freshness/follower.ts'
import { Freshness } from '../../src/freshness/freshness.ts'
import { ReadRule, type ReadRuleOptions } from '../../src/freshness/read-rule.ts'
import { ReceiptWait, type ReceiptWaitOptions } from '../../src/freshness/receipt-wait.ts'
import type { FollowerOptions } from '../../src/freshness/registrant.ts'
import { type Timing, timingOf } from '../../src/freshness/timing.ts'
import { CurrentHistory } from '../../src/store/current-history.ts'
import type { CachedCredential } from '../../src/verification/cached-credential.ts'
import { CredentialCache } from '../../src/verification/credential-cache.ts'
import { tellable } from '../../src/verification/edges/edge-answers.ts'
import { Resolution, type ResolutionMemory } from '../../src/verification/resolve.ts'
import type { Database, StoredCredentials } from './database.ts'
import type { Node } from './node.ts'
import { Pool, type PoolOptions } from './pool.ts'
import { Reads, type ReadsOptions, type Statement } from './reads.ts'
import type { SimulatedToken } from './tokens.ts'
import { judgeAt, type VerdictText } from './verdicts.ts'

export type SimulatedFollower = EdgeFollower<KeyFacts, VerdictText, SimulatedToken>

/** The parts of an instance. A mutant of the protocol is one of them replaced. */
export interface Protocol {
  timing(maxStalenessMs: number): Timing
  freshness(timing: Timing, maxRemembered: number, edges?: EdgeStreams): Freshness
  failureDetector(): FailureDetector
  follower(options: FollowerOptions): Follower
  cache(maxEntries: number, freshness: Freshness, now: () => Moment): CredentialCache
  resolve(memory: ResolutionMemory, token: SimulatedToken): Resolution
  judge(facts: CachedCredential['facts'], wall: number): Verdict
  receiptWait(options: ReceiptWaitOptions, node: Node): ReceiptWait
  readRule(options: ReadRuleOptions): ReadRule
  history(): CurrentHistory
  /** What the lease and the failure detector see of the clocks. */
  moment(moment: Moment): Moment
  /** Not what ships, but its twins on the simulated network. */
  pool(options: PoolOptions): Pool
  reads(options: ReadsOptions): Reads
  readonly loadCredentials: Statement<StoredCredentials>
  /** The edges of an instance, and an edge. */
  edgeStreams(rules: EdgeRules): EdgeStreams
  edge(maxEntries: number): Edge<KeyFacts>
  edgeFollower(options: EdgeFollowerOptions<KeyFacts, VerdictText>): SimulatedFollower
  /** Whether an edge may be told of what the cache has for a token, in this very step. */
  tell(cache: CredentialCache, known: CachedCredential | undefined): CachedCredential | undefined
  /** Whether an edge with rules of this version may be told facts. */
  judgesAlike(judge: number): boolean
  /** How long after the end of a worker its parent deletes its row, in milliseconds. */
  reapAfterMs(edgeLeaseMs: number): number
  register(db: Database, id: string, maxStalenessMs: number): Position | undefined
}

/** What ships. */
export const shipped: Protocol = {
  timing: timingOf,
  freshness: (timing, maxRemembered, edges) => new Freshness(timing, { maxRemembered, edges }),
  failureDetector: () => new FailureDetector(),
  follower: (options) => new Follower(options),
  cache: (maxEntries, freshness, now) => new CredentialCache(maxEntries, freshness, now),
  resolve: (memory, { text, digest }) =>
    new Resolution(memory, text, digest, memory.cache.find(digest)),
  judge: judgeAt,
  receiptWait: (options) => new ReceiptWait(options),
  readRule: (options) => new ReadRule(options),
  history: () => new CurrentHistory(),
  moment: (moment) => moment,
  edgeStreams: (rules) => new EdgeStreams(rules),
  edge: (maxEntries) => new Edge(maxEntries),
  edgeFollower: (options) => new EdgeFollower(options),
  tell: tellable,
  judgesAlike,
  reapAfterMs: countedMs,
  pool: (options) => new Pool(options),
  reads: (options) => new Reads(options),
  // What a standby says may be old.
  loadCredentials: (db) => (db.isStandby ? undefined : db.loadCredentials()),
  register: (db, id, maxStalenessMs) => db.register(id, maxStalenessMs),
}
