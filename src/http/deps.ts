import type { Logger } from 'pino'
import type { Heartbeat } from '../freshness/failure-detector.ts'
import type { Freshness } from '../freshness/freshness.ts'
import type { ManagementDeps } from '../management/deps.ts'
import type { VerificationDeps } from '../verification/deps.ts'
import type { Edges } from '../verification/edges/edges.ts'
import type { Sessions } from '../verification/sessions/deps.ts'

/** What the APIs need: both planes, and what the metrics and the health checks report. */
export type Deps = VerificationDeps & ManagementDeps & OperationsDeps

interface OperationsDeps {
  readonly freshness: Freshness
  /** The sessions of the console, as this instance knows them. */
  readonly sessions: Sessions
  /** The state of the change feed. */
  readonly feed: {
    readonly lagMs: number
    readonly cycles: number
    readonly refusedConnections: number
    /** How long ago the lease of an instance was renewed, as this instance knows. */
    readonly leaseAgeMs: (observed: Heartbeat) => number | undefined
  }
  /** How many keys expire within so many days, as this instance counted last. */
  readonly expiring: { within: ReadonlyMap<number, number> }
  /** How long before its expiry a key is reported to expire soon, in milliseconds. */
  readonly expiryWarningMs: number
  /** The streams to edges; undefined: this service offers none. */
  readonly edges?: Edges | undefined
  readonly log: Logger
}
