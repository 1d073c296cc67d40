import type { Logger } from 'pino'
import type { Heartbeat } from '../freshness/failure-detector.ts'
import type { Freshness } from '../freshness/freshness.ts'
import type { ManagementDeps } from '../management/deps.ts'
import type { SessionManagementDeps } from '../management/sessions/deps.ts'
import type { findUserByToken } from '../management/users/find-by-token.ts'
import type { Issuers } from '../oidc/issuer.ts'
import type { Provider } from '../oidc/provider.ts'
import type { CredentialCache } from '../verification/credential-cache.ts'
import type { VerificationDeps } from '../verification/deps.ts'
import type { Edges } from '../verification/edges/edges.ts'
import type { SessionDeps } from '../verification/sessions/deps.ts'
import type { Verdicts } from '../verification/verdicts.ts'
import type { BodyTurns } from './body-turns.ts'
import type { Mailer } from './mail/mailer.ts'

/** What the whole HTTP server needs. A route takes only what its plane has, by the types below. */
export type Deps = VerificationDeps & SignInDeps & OperationsDeps

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

/**
 * What the operations of the control plane need. They ask for a verdict on a token as the routes
 * for verdicts do, and reach no other part of the data plane.
 */
export interface ControlPlaneDeps extends VerdictDeps, ManagementDeps, SessionManagementDeps {
  /** The providers at which people sign in, by name. */
  readonly providers: ReadonlyMap<string, Provider>
  /** Undefined: links of invitations are only shown. */
  readonly mailer: Mailer | undefined
  readonly feed: Pick<FeedState, 'leaseAgeMs'>
  readonly log: Logger
}

/**
 * What authenticates a caller by a session or by the JWT of an issuer. Of both planes: memory knows
 * the session, and an act enters the person of a JWT as a user.
 */
export type CallerDeps = SessionDeps &
  Parameters<typeof findUserByToken>[0] & {
    /** The issuers whose JWTs authenticate callers. */
    readonly issuers: Issuers
  }

/** What a browser needs to sign in and out: the session that it had is judged, and then ended. */
export type SignInDeps = ControlPlaneDeps & CallerDeps

/** What the metrics and the health checks report. */
export interface OperationsDeps
  extends Pick<
    VerificationDeps,
    'cache' | 'counters' | 'denials' | 'hasher' | 'uses' | 'verificationReads'
  > {
  readonly freshness: Freshness
  readonly feed: FeedState
  /** How many keys expire within so many days, as this instance counted last. */
  readonly expiring: { within: ReadonlyMap<number, number> }
  /** The streams to edges; undefined: this service offers none. */
  readonly edges?: Edges | undefined
}

/** The state of the change feed. */
interface FeedState {
  readonly lagMs: number
  readonly cycles: number
  readonly refusedConnections: number
  /** How long ago the lease of an instance was renewed, as this instance knows. */
  readonly leaseAgeMs: (observed: Heartbeat) => number | undefined
}
