import { createHash } from 'node:crypto'

/** Anybody can write a token. Of a flood the latest are remembered, in some 200 KiB. */
const maxTokens = 1_000

/** When tokens came for the first time, by their digests. Times are of the monotonic clock. */
export class TokenArrivals {
  readonly #firstMs = new Map<string, number>()

  /** When a token that comes now came first. One that was forgotten comes for the first time. */
  firstOf(token: string, nowMs: number): number {
    const digest = createHash('sha256').update(token).digest('base64')
    const firstMs = this.#firstMs.get(digest)
    if (firstMs !== undefined) return firstMs
    this.#firstMs.set(digest, nowMs)
    if (this.#firstMs.size > maxTokens) {
      for (const oldest of this.#firstMs.keys()) {
        this.#firstMs.delete(oldest)
        break
      }
    }
    return nowMs
  }
}
