import type { Deps } from '../deps.ts'
import { isExpired } from '../domain/key/api-key.ts'
import { isOver } from '../domain/key/rotation.ts'
import { keyIdOf, type Token } from '../domain/token/token.ts'
import type { KeyFacts } from '../domain/verdict.ts'
import type { Epoch } from '../freshness/freshness.ts'
import type { Credential, FoundCredential } from '../store/credential-rows.ts'
import { type CredentialName, findCredentials, replaceHash } from '../store/credentials.ts'
import { BatchLoader } from './batch-loader.ts'
import type { CachedCredential } from './credential-cache.ts'
import { noUsage } from './usage-counts.ts'

/** A token that was presented, and the SHA-256 of the whole string that carried it, as base64url. */
export interface TokenWithDigest {
  readonly token: Token
  readonly digest: string
}

/** A credential as one statement found it, and the stamp from before that statement was sent. */
export interface EpochedCredential {
  readonly found: FoundCredential
  readonly epoch: Epoch
}

/** Reads credentials for whoever wants one: one statement at a time, for all who wait. */
export function createCredentialLoader(
  deps: Pick<Deps, 'currentReads' | 'cache' | 'counters'>,
  maxWaiting: number,
): BatchLoader<CredentialName, EpochedCredential> {
  const keyOf = (name: CredentialName) => `${name.apiKeyId} ${name.tag}`
  return new BatchLoader({
    keyOf,
    maxWaiting,
    async read(names) {
      const { epoch } = deps.cache
      deps.counters.credentialReads += 1
      const found = await deps.currentReads.read((db) => findCredentials(db, names))
      const byKey = new Map<string, EpochedCredential>()
      for (const [index, name] of names.entries()) {
        const one = found[index]
        if (one !== undefined) byKey.set(keyOf(name), { found: one, epoch })
      }
      return byKey
    },
  })
}

/**
 * Reads the credential that a token names, by a statement sent from now on, and matches its secret:
 * undefined when there is none or it does not match. What is read is kept for later, unless a change
 * has overtaken it on the way.
 */
export async function loadCredential(
  deps: Deps,
  presented: TokenWithDigest,
): Promise<CachedCredential | undefined> {
  const { token, digest } = presented
  const read = await deps.credentials.read({ apiKeyId: keyIdOf(token), tag: token.tag })
  if (read === undefined) return undefined
  const { epoch } = read
  const { credential, facts } = read.found
  // Accepted before, and the stored hash is still the one that it matched.
  const known = deps.cache.find(digest)
  const accepted = known?.hash === credential.hash
  // A pepper is given up once no live key needs it; what is left of dead ones cannot be matched.
  if (isDead(facts, deps.now()) && !deps.hasher.knowsPepperOf(credential)) return undefined
  if (!accepted && !(await deps.hasher.matches(facts.accountId, credential, token.secret))) {
    return undefined
  }
  if (!accepted) rehashIfRisen(deps, facts.accountId, credential, token.secret)
  const entry: CachedCredential = {
    facts,
    hash: credential.hash,
    isUsed: credential.firstUsedAt !== null,
    retiresOlder: credential.retiresOlder,
    uses: known?.uses ?? noUsage(facts, credential.keyCreatedAt),
    epoch,
  }
  deps.cache.put(digest, entry)
  return entry
}

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
