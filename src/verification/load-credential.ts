import { isExpired } from '../domain/key/api-key.ts'
import { isOver } from '../domain/key/rotation.ts'
import { noUsage } from '../domain/key/usage-counts.ts'
import { keyIdOf } from '../domain/token/token.ts'
import type { KeyFacts } from '../domain/verdict.ts'
import type { CachedCredential } from './cached-credential.ts'
import type { VerificationDeps } from './deps.ts'
import { renewHash } from './hashing/renew-hash.ts'
import type { LoadedCredential, TokenWithDigest } from './resolve.ts'

/**
 * Loads the credential that a token names, by a statement sent from now on, and matches its secret.
 * The result is kept in the cache, unless a change has invalidated it on the way.
 */
export async function loadCredential(
  deps: VerificationDeps,
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
    renewHash(deps, facts.accountId, credential, token.secret)
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
