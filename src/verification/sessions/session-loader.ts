import type { Epoch } from '../../freshness/freshness.ts'
import { type FoundCredential, toFound } from '../../store/credential-rows.ts'
import {
  findSessionCredentials,
  type SessionWithCredential,
} from '../../store/session-credentials.ts'
import { AddressSetLoader } from '../address-set-loader.ts'
import { createRowLoader, type LoaderDeps } from './session-row-loader.ts'

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

/** Reads sessions of keys, and the entries of allow lists apart. */
export function createSessionLoader(deps: LoaderDeps, maxWaiting: number): SessionLoader {
  const addressSets = new AddressSetLoader(deps.verificationReads, maxWaiting)
  const rows = createRowLoader(deps, maxWaiting, findSessionCredentials)
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
