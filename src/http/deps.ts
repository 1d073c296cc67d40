import type { Logger } from 'pino'
import type { Heartbeat } from '../freshness/failure-detector.ts'
import type { Freshness } from '../freshness/freshness.ts'
import type { ManagementDeps } from '../management/deps.ts'
import type { Issuers } from '../oidc/issuer.ts'
import type { Provider } from '../oidc/provider.ts'
import type { CredentialCache } from '../verification/credential-cache.ts'
import type { VerificationDeps } from '../verification/deps.ts'
import type { Edges } from '../verification/edges/edges.ts'
import type { Sessions } from '../verification/sessions/deps.ts'
import type { Verdicts } from '../verification/verdicts.ts'
import type { BodyTurns } from './body-turns.ts'
import type { Mailer } from './mail/mailer.ts'

/** What the APIs need: both planes, and what the metrics and the health checks report. */
export type Deps = VerificationDeps & ManagementDeps & OperationsDeps & VerdictDeps

/** What the routes that give verdicts need, of an instance or of an edge. */
export interface VerdictDeps {
  /** Of an instance, those of verification/verify.ts; of an edge, of edge-mode/edge-verdicts.ts. */
  readonly verdicts: Verdicts
  /** Whether a caller that was authenticated would still be. */
  readonly cache: Pick<CredentialCache, 'epoch' | 'isCurrent' | 'isLeaseExpired' | 'monotonicMs'>
  readonly now: () => Date
  /** How long before its expiry a key is reported to expire soon, in milliseconds. */
  readonly expiryWarningMs: number
  readonly turns: BodyTurns
}

interface OperationsDeps {
  readonly freshness: Freshness
  /** The sessions of the console, as this instance knows them. */
  readonly sessions: Sessions
  /** The providers at which people sign in, by name. */
  readonly providers: ReadonlyMap<string, Provider>
  /** The issuers whose JWTs authenticate callers. */
  readonly issuers: Issuers
  /** Undefined: links of invitations are only shown. */
  readonly mailer: Mailer | undefined
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
  /** The streams to edges; undefined: this service offers none. */
  readonly edges?: Edges | undefined
  readonly log: Logger
}
