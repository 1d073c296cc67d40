import { findUserSessions, type StoredUserSession } from '../../store/user-sessions.ts'
import { createRowLoader, type Epoched, type LoaderDeps } from './session-row-loader.ts'

/** A session of a person with the facts of the user, as they were loaded together. */
export type LoadedUserSession = Epoched<StoredUserSession>

/** A session whose token matched. */
export type CachedUserSession = Omit<LoadedUserSession, 'hash'>

export interface UserSessionLoader {
  /** Reads a session by a statement that is sent from now on; undefined when there is none. */
  load(id: string): Promise<LoadedUserSession | undefined>
}

/** Reads sessions of people. */
export function createUserSessionLoader(deps: LoaderDeps, maxWaiting: number): UserSessionLoader {
  return createRowLoader(deps, maxWaiting, findUserSessions)
}
