import type { CurrentReads } from '../../freshness/current-reads.ts'
import type { Epoch } from '../../freshness/freshness.ts'
import { findUserSessions, type StoredUserSession } from '../../store/user-sessions.ts'
import { BatchLoader } from '../batch-loader.ts'
import type { SessionCache } from './session-cache.ts'

/** A session of a person with the facts of the user, as they were loaded together. */
export interface LoadedUserSession extends StoredUserSession {
  /** The epoch from before the statement was sent. */
  readonly epoch: Epoch
}

/** A session whose token matched. */
export type CachedUserSession = Omit<LoadedUserSession, 'hash'>

export interface UserSessionLoader {
  /** Reads a session by a statement that is sent from now on; undefined when there is none. */
  load(id: string): Promise<LoadedUserSession | undefined>
}

const maxSessionsAtOnce = 250

interface LoaderDeps {
  readonly verificationReads: Pick<CurrentReads, 'read'>
  readonly cache: Pick<SessionCache<CachedUserSession>, 'epoch'>
}

/** Reads sessions of people, one statement at a time for all waiting callers. */
export function createUserSessionLoader(deps: LoaderDeps, maxWaiting: number): UserSessionLoader {
  return new BatchLoader({
    keyOf: (id: string) => id,
    maxWaiting,
    maxAtOnce: maxSessionsAtOnce,
    async load(ids): Promise<Map<string, LoadedUserSession>> {
      const { epoch } = deps.cache
      const found = await deps.verificationReads.read(
        (db) => findUserSessions(db, ids),
        (rows) => rows.length === ids.length,
      )
      return new Map(found.map((row) => [row.session.id, { ...row, epoch }]))
    },
  })
}
