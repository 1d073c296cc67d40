import type { CachedCredential } from '../../../src/verification/cached-credential.ts'
import { Resolution, type ResolutionMemory } from '../../../src/verification/resolve.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** While the lease is expired a load that is under way is joined, and answers. */
class JoinsWithoutLease extends Resolution {
  readonly #memory: ResolutionMemory
  readonly #loadDigest: string

  constructor(memory: ResolutionMemory, text: string, digest: string) {
    super(memory, text, digest, memory.cache.find(digest))
    this.#memory = memory
    this.#loadDigest = digest
  }

  protected override mayJoin(): boolean {
    return this.#memory.loads.isUnderWay(this.#loadDigest)
  }

  protected override mayAnswer(credential: CachedCredential): boolean {
    return this.#memory.cache.isLeaseExpired() || super.mayAnswer(credential)
  }
}

export const joinsWithoutLease: Protocol = {
  ...shipped,
  resolve: (memory, { text, digest }) => new JoinsWithoutLease(memory, text, digest),
}
