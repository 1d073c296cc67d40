import type { SessionLimits } from '../../domain/session/session.ts'
import type { VerificationDeps } from '../deps.ts'
import type { SessionCache } from './session-cache.ts'
import type { SessionLoader } from './session-loader.ts'
import type { SessionUses } from './session-uses.ts'

/** What sessions of the console need in memory. */
export interface Sessions {
  readonly cache: SessionCache
  readonly loader: SessionLoader
  readonly uses: SessionUses
  readonly limits: SessionLimits
}

/** What the authentication of a session needs. */
export interface SessionDeps
  extends Pick<VerificationDeps, 'cache' | 'counters' | 'denials' | 'keyring' | 'now' | 'uses'> {
  readonly sessions: Sessions
}
