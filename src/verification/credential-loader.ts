import type { CurrentReads } from '../freshness/current-reads.ts'
import type { Epoch } from '../freshness/freshness.ts'
import { type CredentialResult, type FoundCredential, toFound } from '../store/credential-rows.ts'
import { type CredentialName, findCredentials } from '../store/credentials.ts'
import { AddressSetLoader } from './address-set-loader.ts'
import { BatchLoader } from './batch-loader.ts'
import type { Counters } from './counters.ts'
import type { CredentialCache } from './credential-cache.ts'

/** How a credential is named: also by its account, once that is known, for the account's turn. */
export interface WantedCredential extends CredentialName {
  readonly accountId: string | undefined
}

/** A credential as one statement found it, and the epoch from before that statement was sent. */
export interface EpochedCredential {
  readonly found: FoundCredential
  readonly epoch: Epoch
}

export interface CredentialLoader {
  /** Reads a credential by a statement that is sent from now on; undefined when there is none. */
  load(wanted: WantedCredential): Promise<EpochedCredential | undefined>
}

/** The most credentials that one statement reads: some 5 ms of the database's time. */
const maxCredentialsAtOnce = 250

interface LoaderDeps {
  readonly verificationReads: Pick<CurrentReads, 'read'>
  readonly cache: Pick<CredentialCache, 'epoch'>
  readonly counters: Pick<Counters, 'credentialReads'>
}

/**
 * Reads credentials, one statement at a time for all waiting callers, the accounts in turn. The
 * entries of allow lists are read apart, each version of a list once. The row of a key names the
 * versions, so that key and entries are those of one moment.
 */
export function createCredentialLoader(deps: LoaderDeps, maxWaiting: number): CredentialLoader {
  const addressSets = new AddressSetLoader(deps.verificationReads, maxWaiting)
  const rows = createRowLoader(deps, maxWaiting)
  return {
    async load(wanted) {
      const loaded = await addressSets.loadWith(
        () => rows.load(wanted),
        ({ row }) => row,
      )
      if (loaded === undefined) return undefined
      const { row, epoch } = loaded.row
      return { found: toFound(row, loaded.addresses), epoch }
    },
  }
}

function createRowLoader(deps: LoaderDeps, maxWaiting: number) {
  const keyOf = (name: CredentialName) => `${name.apiKeyId} ${name.tag}`
  return new BatchLoader<WantedCredential, { row: CredentialResult; epoch: Epoch }>({
    keyOf,
    accountOf: ({ accountId }) => accountId ?? '',
    maxWaiting,
    maxAtOnce: maxCredentialsAtOnce,
    async load(names) {
      const { epoch } = deps.cache
      deps.counters.credentialReads += 1
      const found = await deps.verificationReads.read(
        (db) => findCredentials(db, names),
        // Only a deposed primary lacks the key of a right tag that was issued meanwhile.
        (rows) => !rows.includes(undefined),
      )
      const byKey = new Map<string, { row: CredentialResult; epoch: Epoch }>()
      for (const [index, name] of names.entries()) {
        const row = found[index]
        if (row !== undefined) byKey.set(keyOf(name), { row, epoch })
      }
      return byKey
    },
  })
}
