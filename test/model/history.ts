import { type SimulatedToken, tokens } from './tokens.ts'
import type { VerdictText } from './verdicts.ts'

/** A request for a verdict, as it was received. */
export interface Received {
  readonly token: SimulatedToken
  readonly at: number
  /** The M of the instance that received the request. */
  readonly maxStalenessMs: number
  /**
   * No verdict may rest on what was before: the commit of the latest change whose receipt was
   * complete.
   */
  readonly notBefore: number
}

/** A guarantee that was broken, in words. */
export interface Violation {
  readonly guarantee: 'fresh' | 'revoked' | 'agreed' | 'live' | 'held_up' | 'recorded'
  readonly text: string
}

/**
 * The true history of each token, and what was promised of it. It sees everything and is seen by no
 * instance: every verdict is held against both guarantees here.
 */
export class History {
  readonly #states: ReadonlyMap<
    SimulatedToken,
    { readonly from: number; readonly verdict: VerdictText }[]
  >
  readonly #notBefore = new Map<SimulatedToken, number>()
  violation: Violation | undefined

  constructor(first: (token: SimulatedToken) => VerdictText) {
    this.#states = new Map(
      tokens.map((token) => [token, [{ from: Number.NEGATIVE_INFINITY, verdict: first(token) }]]),
    )
  }

  /** From now on this is what is true of a token. */
  becomes(token: SimulatedToken, verdict: VerdictText, now: number): void {
    this.#states.get(token)?.push({ from: now, verdict })
  }

  /** The receipt of what was committed then is complete, now. */
  promised(touched: readonly SimulatedToken[], committedAt: number): void {
    for (const token of touched) {
      const notBefore = this.#notBefore.get(token) ?? committedAt
      this.#notBefore.set(token, Math.max(notBefore, committedAt))
    }
  }

  received(token: SimulatedToken, now: number, maxStalenessMs: number): Received {
    const notBefore = this.#notBefore.get(token) ?? Number.NEGATIVE_INFINITY
    return { token, at: now, maxStalenessMs, notBefore }
  }

  /** Holds an answer against both guarantees. */
  answered(received: Received, verdict: VerdictText, now: number): void {
    if (this.violation !== undefined) return
    const { token, at, maxStalenessMs, notBefore } = received
    const freshFrom = at - maxStalenessMs - 1e-6
    const answer = `token ${tokens.indexOf(token)}, asked at ${ms(at)}, answered at ${ms(now)}: ${verdict}`
    if (!this.#wasTrue(token, is(verdict), freshFrom)) {
      const text = `${answer}, which was not true since ${ms(freshFrom)}`
      this.violation = { guarantee: 'fresh', text }
    } else if (!this.#wasTrue(token, is(verdict), notBefore)) {
      const text = `${answer}, though the receipt of the change at ${ms(notBefore)} was complete`
      this.violation = { guarantee: 'revoked', text }
    }
  }

  /** An edge answers, whose own key these were the facts of when the call came. */
  acted(caller: Received, now: number): void {
    const { token, notBefore } = caller
    if (this.violation !== undefined || this.#wasTrue(token, isValid, notBefore)) return
    const text = `an edge of token ${tokens.indexOf(token)} answers at ${ms(now)}, though the receipt of the change at ${ms(notBefore)} was complete`
    this.violation = { guarantee: 'revoked', text }
  }

  /** A credential was accepted whose first use nobody has recorded. */
  unrecorded(text: string): void {
    this.violation ??= { guarantee: 'recorded', text }
  }

  /** An edge keeps a receipt waiting for longer than its lease and its patience together. */
  heldUp(text: string): void {
    this.violation ??= { guarantee: 'held_up', text }
  }

  /**
   * Two instances held leases of different lengths at once: receipts are timed by leases of one
   * length.
   */
  disagreed(text: string): void {
    this.violation ??= { guarantee: 'agreed', text }
  }

  stuck(text: string): void {
    this.violation ??= { guarantee: 'live', text }
  }

  /** Whether the verdict was true of the token at some moment from then until now. */
  #wasTrue(token: SimulatedToken, isIt: (verdict: VerdictText) => boolean, from: number): boolean {
    const states = this.#states.get(token) ?? []
    for (let index = states.length - 1; index >= 0; index -= 1) {
      const state = states[index]
      if (state === undefined) return false
      if (isIt(state.verdict)) return true
      if (state.from <= from) return false
    }
    return false
  }
}

function is(verdict: VerdictText): (other: VerdictText) => boolean {
  return (other) => other === verdict
}

function isValid(verdict: VerdictText): boolean {
  return verdict.startsWith('valid')
}

function ms(at: number): string {
  return `${at.toFixed(1)} ms`
}
