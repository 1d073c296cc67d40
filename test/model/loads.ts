import type { LoadedCredential } from '../../src/verification/resolve.ts'

type Landed = (loaded: LoadedCredential | undefined) => void

/**
 * The loads that are under way, by token, as in SingleFlight: who asks finds the one that began
 * last.
 */
export class Loads {
  readonly #underWay = new Map<string, Landed[]>()

  isUnderWay(digest: string): boolean {
    return this.#underWay.has(digest)
  }

  join(digest: string, landed: Landed): void {
    this.#underWay.get(digest)?.push(landed)
  }

  /** Begins a load anew. Call what is returned with its result. */
  start(digest: string): Landed {
    const joined: Landed[] = []
    this.#underWay.set(digest, joined)
    return (loaded) => {
      if (this.#underWay.get(digest) === joined) this.#underWay.delete(digest)
      for (const landed of joined) landed(loaded)
    }
  }
}
