import type { CachedCredential } from './cached-credential.ts'
import type { VerificationDeps } from './deps.ts'
import { loadCredential } from './load-credential.ts'
import { Resolution } from './resolve.ts'

/**
 * A resolution of a presented text, counted as a hit, a stale entry or a miss of the cache. `known`
 * is what the cache has for the digest.
 */
export function beginResolution(
  deps: VerificationDeps,
  text: string,
  digest: string,
  known: CachedCredential | undefined,
): Resolution {
  const resolution = new Resolution(deps, text, digest, known)
  if (resolution.credential !== undefined) deps.counters.cacheHits += 1
  else if (known !== undefined) deps.counters.cacheStale += 1
  else if (resolution.cause === undefined || resolution.cause === 'bad_tag') {
    deps.counters.cacheMisses += 1
  }
  return resolution
}

/** Does what a resolution needs, and reports the result. An outage is thrown. */
export async function satisfy(deps: VerificationDeps, resolution: Resolution): Promise<void> {
  const need = resolution.need()
  switch (need.kind) {
    case 'join': {
      const loaded = await deps.loads.find(need.digest)
      if (loaded !== undefined) resolution.joined(loaded)
      return
    }
    case 'load':
      resolution.loaded(await deps.loads.start(need.digest, () => loadCredential(deps, need)))
      return
    case 'reload_keyring':
      await deps.keyring.reload()
      resolution.keyringReloaded()
  }
}
