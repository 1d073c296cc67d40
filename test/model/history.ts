import type { VerdictText } from './keys.ts'

/** A request for a verdict, as it was received. */
export interface Received {
  readonly key: number
  readonly at: number
  /** No verdict may rest on what was before: the commit of the latest change whose receipt was complete. */
  readonly notBefore: number
}

/** A guarantee that was broken, in words. */
export interface Violation {
  readonly guarantee: 'fresh' | 'revoked' | 'live'
  readonly text: string
}

/**
 * The true history of each key, and what was promised of it. It sees everything and is seen by
 * nobody: every verdict is held against both guarantees here.
 */
export class History {
  readonly #maxStalenessMs: number
  readonly #states: { readonly from: number; readonly verdict: VerdictText }[][]
  readonly #notBefore: number[]
  violation: Violation | undefined

  constructor(maxStalenessMs: number, first: readonly VerdictText[]) {
    this.#maxStalenessMs = maxStalenessMs
    this.#states = first.map((verdict) => [{ from: Number.NEGATIVE_INFINITY, verdict }])
    this.#notBefore = first.map(() => Number.NEGATIVE_INFINITY)
  }

  /** From now on this is what is true of a key. */
  becomes(key: number, verdict: VerdictText, now: number): void {
    this.#states[key]?.push({ from: now, verdict })
  }

  /** The receipt of what was committed then is complete, now. */
  promised(keys: readonly number[], committedAt: number): void {
    for (const key of keys) {
      this.#notBefore[key] = Math.max(this.#notBefore[key] ?? committedAt, committedAt)
    }
  }

  received(key: number, now: number): Received {
    return { key, at: now, notBefore: this.#notBefore[key] ?? Number.NEGATIVE_INFINITY }
  }

  /** Holds an answer against both guarantees. */
  answered(received: Received, verdict: VerdictText, now: number): void {
    if (this.violation !== undefined) return
    const freshFrom = received.at - this.#maxStalenessMs - 1e-6
    if (!this.#wasTrue(received.key, verdict, freshFrom)) {
      const text = `key ${received.key}, asked at ${ms(received.at)}, answered at ${ms(now)}: ${verdict}, which it had not been since ${ms(freshFrom)}`
      this.violation = { guarantee: 'fresh', text }
    } else if (!this.#wasTrue(received.key, verdict, received.notBefore)) {
      const text = `key ${received.key}, asked at ${ms(received.at)}, answered at ${ms(now)}: ${verdict}, though the receipt of the change at ${ms(received.notBefore)} was complete`
      this.violation = { guarantee: 'revoked', text }
    }
  }

  stuck(text: string): void {
    this.violation ??= { guarantee: 'live', text }
  }

  /** Whether it was true of the key at some moment from then until now. */
  #wasTrue(key: number, verdict: VerdictText, from: number): boolean {
    const states = this.#states[key] ?? []
    for (let index = states.length - 1; index >= 0; index -= 1) {
      const state = states[index]
      if (state === undefined) return false
      if (state.verdict === verdict) return true
      if (state.from <= from) return false
    }
    return false
  }
}

function ms(at: number): string {
  return `${at.toFixed(1)} ms`
}
