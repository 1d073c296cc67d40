import type { Random } from '../random.ts'
import type { Scheduler } from '../scheduler.ts'

/** No message of a stream is under way for longer, unless a cut loses it. */
const longestDelayMs = 4_000

/** One end of a stream: what comes there. */
export interface End<Message> {
  received(message: Message): void
  closed(): void
}

/**
 * A stream between an edge and its instance: in order, both ways. A cut loses what is sent after
 * it, in one direction or both, and nobody is told: a stream is half open until one side gives up.
 */
export class Stream<Down, Up> {
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #isCalm: () => boolean
  #lastDown = 0
  #lastUp = 0
  #isDownCut = false
  #isUpCut = false
  edge: End<Down> | undefined
  instance: End<Up> | undefined

  constructor(scheduler: Scheduler, random: Random, isCalm: () => boolean) {
    this.#scheduler = scheduler
    this.#random = random
    this.#isCalm = isCalm
  }

  toEdge(message: Down): void {
    this.#down(() => this.edge?.received(message))
  }

  toInstance(message: Up): void {
    this.#up(() => this.instance?.received(message))
  }

  /** One side closes: the other learns of it, if anything arrives there. */
  closeByEdge(): void {
    this.edge = undefined
    this.#up(() => this.instance?.closed())
  }

  closeByInstance(): void {
    this.instance = undefined
    this.#down(() => this.edge?.closed())
  }

  /** A middlebox closes it: each side is told, or not. */
  cut(): void {
    const [isDownTold, isUpTold] = [this.#random.chance(0.5), this.#random.chance(0.5)]
    if (isDownTold) this.#down(() => this.edge?.closed())
    if (isUpTold) this.#up(() => this.instance?.closed())
    const which = this.#random.next()
    if (which < 0.7) this.#isDownCut = true
    if (which > 0.3) this.#isUpCut = true
  }

  #down(arrive: () => void): void {
    this.#lastDown = this.#send(this.#lastDown, () => this.#isDownCut, arrive)
  }

  #up(arrive: () => void): void {
    this.#lastUp = this.#send(this.#lastUp, () => this.#isUpCut, arrive)
  }

  #send(last: number, isCut: () => boolean, arrive: () => void): number {
    if (isCut()) return last
    const at = Math.max(last, this.#scheduler.now + this.#delay())
    this.#scheduler.at(at, arrive)
    return at
  }

  #delay(): number {
    if (this.#isCalm()) return this.#random.between(1, 5)
    const kind = this.#random.next()
    return this.#random.between(1, kind < 0.01 ? longestDelayMs : kind < 0.05 ? 800 : 20)
  }
}
