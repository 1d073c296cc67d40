import type { SessionLimits } from '../../domain/session/session.ts'
import type { VerificationDeps } from '../deps.ts'
import type { CachedSession } from './cached-session.ts'
import type { SessionCache } from './session-cache.ts'
import type { SessionLoader } from './session-loader.ts'
import type { SessionUses } from './session-uses.ts'
import type { CachedUserSession, UserSessionLoader } from './user-session-loader.ts'

/** What sessions of the console need in memory. */
export interface Sessions {
  readonly cache: SessionCache<CachedSession>
  readonly loader: SessionLoader
  /** Those of people. */
  readonly ofUsers: {
    readonly cache: SessionCache<CachedUserSession>
    readonly loader: UserSessionLoader
  }
  readonly uses: SessionUses
  readonly limits: SessionLimits
}

/** What the authentication of a session needs. */
export interface SessionDeps
  extends Pick<VerificationDeps, 'cache' | 'counters' | 'denials' | 'keyring' | 'now' | 'uses'> {
  readonly sessions: Sessions
}
