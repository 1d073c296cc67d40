import { LRUCache } from 'lru-cache'

/** The price of what a payer may get without a delay, after a while without any. */
const burstMs = 100

/**
 * The longest delay. Who asks over many connections gets as many answers in this time as it has
 * connections; who makes one mistake while another client of its account makes very many waits for
 * so long.
 */
const maxDelayMs = 2_000

/** The accounts and addresses that are remembered; each is about 100 bytes. */
const maxPayers = 10_000

/** The clock and the timer, which a test replaces. */
export interface PacingOptions {
  readonly burstMs?: number
  readonly now?: () => number
  /** Calls `act` after so many milliseconds. */
  readonly after?: (delayMs: number, act: () => void) => void
}

/**
 * Delays answers, so that one payer gets them for a price of one millisecond in each millisecond,
 * however many connections it asks by. Nobody waits for the answers of another payer. A client that
 * asks again when it has an answer is thereby served at that rate too.
 */
export class Pacing {
  /** Answers that waited. */
  delayed = 0
  /** Until when each payer has paid: ahead of the clock, its next answer waits. */
  readonly #paidUntil = new LRUCache<string, number>({ max: maxPayers })
  readonly #waiting = new Set<() => void>()
  readonly #burstMs: number
  readonly #now: () => number
  readonly #after: (delayMs: number, act: () => void) => void
  #isOver = false

  constructor(options: PacingOptions = {}) {
    this.#burstMs = options.burstMs ?? burstMs
    this.#now = options.now ?? (() => performance.now())
    this.#after = options.after ?? ((delayMs, act) => void setTimeout(act, delayMs).unref())
  }

  /** Calls `answer`, at once if the payer has not had too much lately. */
  pay(payer: string, priceMs: number, answer: () => void): void {
    const delayMs = this.#charge(payer, priceMs)
    if (delayMs <= 0 || this.#isOver) {
      answer()
      return
    }
    this.delayed += 1
    const end = () => {
      if (this.#waiting.delete(end)) answer()
    }
    this.#waiting.add(end)
    this.#after(delayMs, end)
  }

  /** Lets all answers go, now and from now on: the process ends. */
  end(): void {
    this.#isOver = true
    for (const end of this.#waiting) end()
  }

  #charge(payer: string, priceMs: number): number {
    const now = this.#now()
    const paidUntil = Math.max(this.#paidUntil.get(payer) ?? 0, now - this.#burstMs) + priceMs
    this.#paidUntil.set(payer, Math.min(paidUntil, now + maxDelayMs))
    return Math.min(paidUntil - now, maxDelayMs)
  }
}
