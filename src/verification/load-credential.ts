import type { Deps } from '../deps.ts'
import { isExpired } from '../domain/key/api-key.ts'
import { isOver } from '../domain/key/rotation.ts'
import { noUsage } from '../domain/key/usage-counts.ts'
import { keyIdOf } from '../domain/token/token.ts'
import type { KeyFacts } from '../domain/verdict.ts'
import { ServiceError } from '../errors.ts'
import type { Epoch } from '../freshness/freshness.ts'
import { knownAddressSet } from '../store/address-sets.ts'
import {
  type Credential,
  type CredentialResult,
  type FoundCredential,
  toFound,
} from '../store/credential-rows.ts'
import { type CredentialName, findCredentials, replaceHash } from '../store/credentials.ts'
import { AddressSetLoader } from './address-set-loader.ts'
import { BatchLoader } from './batch-loader.ts'
import type { CachedCredential } from './credential-cache.ts'
import type { LoadedCredential, TokenWithDigest } from './resolve.ts'

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

/** One statement reads at most so many credentials: some 5 ms of the database's time. */
const maxCredentialsAtOnce = 250

/**
 * Between two reads of a key its lists may be edited. Nobody edits them so often, but to keep us
 * busy.
 */
const maxReads = 5

/**
 * Reads credentials for whoever wants one: one statement at a time, for all who wait, the accounts
 * in turn. The entries of allow lists are read apart, each version of a list once. The row of a key
 * names the versions, so that key and entries are those of one moment.
 */
export function createCredentialLoader(
  deps: Pick<Deps, 'currentReads' | 'cache' | 'counters'>,
  maxWaiting: number,
): CredentialLoader {
  const addressSets = new AddressSetLoader(deps.currentReads, maxWaiting)
  const rows = createRowLoader(deps, maxWaiting)
  return {
    async load(wanted) {
      for (let read = 1; read <= maxReads; read += 1) {
        const loaded = await rows.load(wanted)
        if (loaded === undefined) return undefined
        const { row, epoch } = loaded
        const addresses =
          knownAddressSet(row.list_versions) ??
          (await addressSets.load(row.account_id, row.list_versions))
        if (addresses !== undefined) return { found: toFound(row, addresses), epoch }
      }
      throw new ServiceError(
        'overloaded',
        'The allow lists of the key change too often. Try again later.',
      )
    },
  }
}

function createRowLoader(
  deps: Pick<Deps, 'currentReads' | 'cache' | 'counters'>,
  maxWaiting: number,
) {
  const keyOf = (name: CredentialName) => `${name.apiKeyId} ${name.tag}`
  return new BatchLoader<WantedCredential, { row: CredentialResult; epoch: Epoch }>({
    keyOf,
    accountOf: ({ accountId }) => accountId ?? '',
    maxWaiting,
    maxAtOnce: maxCredentialsAtOnce,
    async load(names) {
      const { epoch } = deps.cache
      deps.counters.credentialReads += 1
      const found = await deps.currentReads.read((db) => findCredentials(db, names))
      const byKey = new Map<string, { row: CredentialResult; epoch: Epoch }>()
      for (const [index, name] of names.entries()) {
        const row = found[index]
        if (row !== undefined) byKey.set(keyOf(name), { row, epoch })
      }
      return byKey
    },
  })
}

/**
 * Loads the credential that a token names, by a statement sent from now on, and matches its secret.
 * The result is kept in the cache, unless a change has invalidated it on the way.
 */
export async function loadCredential(
  deps: Deps,
  { token, digest }: TokenWithDigest,
): Promise<LoadedCredential> {
  const accountId = deps.cache.find(digest)?.facts.accountId
  const loaded = await deps.credentials.load({
    apiKeyId: keyIdOf(token),
    tag: token.tag,
    accountId,
  })
  if (loaded === undefined) return { kind: 'unmatched', cause: 'unknown_key' }
  const { epoch } = loaded
  const { credential, facts } = loaded.found
  // Accepted before, and the stored hash is still the one that the secret matched.
  const known = deps.cache.find(digest)
  const isAccepted = known?.hash === credential.hash
  // A pepper is removed once no live key needs it; what is left of dead keys cannot be matched.
  if (isDead(facts, deps.now()) && !deps.hasher.knowsPepperOf(credential)) return WRONG_SECRET
  if (!isAccepted) {
    if (!(await deps.hasher.matches(facts.accountId, credential, token.secret))) return WRONG_SECRET
    rehashIfRisen(deps, facts.accountId, credential, token.secret)
  }
  const entry: CachedCredential = {
    facts,
    hash: credential.hash,
    isUsed: credential.firstUsedAt !== null,
    retiresOlder: credential.retiresOlder,
    uses: known?.uses ?? noUsage(facts, credential.keyCreatedAt),
    epoch,
  }
  deps.cache.put(digest, entry)
  return { kind: 'matched', credential: entry }
}

const WRONG_SECRET: LoadedCredential = { kind: 'unmatched', cause: 'wrong_secret' }

/** Whether nothing can bring it back: it is revoked, expired or replaced. */
function isDead(facts: KeyFacts, now: Date): boolean {
  return (
    facts.revokedAt !== null ||
    facts.endedAt !== null ||
    isOver(facts, now) ||
    isExpired(facts, now)
  )
}

/**
 * Hashes the secret anew when the configured profile is higher than the stored one: off the path of
 * the answer, and only while nobody waits for the queue.
 */
function rehashIfRisen(
  deps: Deps,
  accountId: string,
  credential: Credential,
  secret: string,
): void {
  if (credential.hashProfile >= deps.hasher.profile.version) return
  if (deps.hasher.queue.waiting > 0) return
  deps.hasher
    .hash(accountId, secret)
    .then((next) => replaceHash(deps.db, credential, next))
    .then((replaced) => {
      if (replaced) deps.counters.rehashes += 1
    })
    .catch((error: unknown) => {
      deps.log.warn({ err: error, api_key_id: credential.apiKeyId }, 'failed to renew a hash')
    })
}
