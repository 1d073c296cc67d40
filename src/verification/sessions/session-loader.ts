import type { CurrentReads } from '../../freshness/current-reads.ts'
import type { Epoch } from '../../freshness/freshness.ts'
import { type FoundCredential, toFound } from '../../store/credential-rows.ts'
import {
  findSessionCredentials,
  type SessionWithCredential,
} from '../../store/session-credentials.ts'
import { AddressSetLoader } from '../address-set-loader.ts'
import { BatchLoader } from '../batch-loader.ts'
import type { CachedSession } from './cached-session.ts'
import type { SessionCache } from './session-cache.ts'

/** A session with the facts of its key, and the epoch from before the statement was sent. */
export interface LoadedSession extends FoundCredential {
  readonly session: SessionWithCredential['session']
  /** SHA-256 of the session token. */
  readonly hash: Buffer
  readonly epoch: Epoch
}

export interface SessionLoader {
  /** Reads a session by a statement that is sent from now on; undefined when there is none. */
  load(id: string): Promise<LoadedSession | undefined>
}

const maxSessionsAtOnce = 250

interface LoaderDeps {
  readonly verificationReads: Pick<CurrentReads, 'read'>
  readonly cache: Pick<SessionCache<CachedSession>, 'epoch'>
}

type Row = SessionWithCredential & { readonly epoch: Epoch }

/** Reads sessions, one statement at a time for all waiting callers. */
export function createSessionLoader(deps: LoaderDeps, maxWaiting: number): SessionLoader {
  const addressSets = new AddressSetLoader(deps.verificationReads, maxWaiting)
  const rows = createRowLoader(deps, maxWaiting)
  return {
    async load(id) {
      const loaded = await addressSets.loadWith(
        () => rows.load(id),
        ({ credential }) => credential,
      )
      if (loaded === undefined) return undefined
      const { credential, session, hash, epoch } = loaded.row
      return { ...toFound(credential, loaded.addresses), session, hash, epoch }
    },
  }
}

function createRowLoader(deps: LoaderDeps, maxWaiting: number): BatchLoader<string, Row> {
  return new BatchLoader({
    keyOf: (id) => id,
    maxWaiting,
    maxAtOnce: maxSessionsAtOnce,
    async load(ids) {
      const { epoch } = deps.cache
      const found = await deps.verificationReads.read(
        (db) => findSessionCredentials(db, ids),
        (rows) => rows.length === ids.length,
      )
      return new Map(found.map((row) => [row.session.id, { ...row, epoch }]))
    },
  })
}
