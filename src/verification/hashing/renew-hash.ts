import { runForAccount } from '../../account-context.ts'
import type { Credential } from '../../store/credential-rows.ts'
import { replaceHash } from '../../store/credentials.ts'
import type { VerificationDeps } from '../deps.ts'

/**
 * Hashes the secret anew when the configured profile is higher than the stored one: off the path of
 * the answer, and only while nobody waits for the queue.
 */
export function renewHash(
  deps: VerificationDeps,
  accountId: string,
  credential: Credential,
  secret: string,
): void {
  if (credential.hashProfile >= deps.hasher.profile.version) return
  if (deps.hasher.queue.waiting > 0) return
  deps.hasher
    .hash(accountId, secret)
    .then((next) => runForAccount(accountId, () => replaceHash(deps.db, credential, next)))
    .then((replaced) => {
      if (replaced) deps.counters.rehashes += 1
    })
    .catch((error: unknown) => {
      deps.log.warn({ err: error, api_key_id: credential.apiKeyId }, 'failed to renew a hash')
    })
}
