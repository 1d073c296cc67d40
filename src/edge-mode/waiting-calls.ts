import type { Asking } from '../edge/edge-answers.ts'
import { VerifierError } from '../edge/verifier-error.ts'

/** A call that is over at a moment, whatever it waits for. */
export interface TimedAsking extends Asking {
  /** On the monotonic clock. */
  readonly dueAt: number
}

/** As many as one stream may ask at a time. */
const maxWaiting = 1_000

/** The calls that wait for the next stream, each until it is due. */
export class WaitingCalls {
  readonly #timers = new Map<TimedAsking, NodeJS.Timeout>()

  add(asking: TimedAsking): void {
    if (this.#timers.size >= maxWaiting) {
      asking.fail(new VerifierError('overloaded', 'Too many calls wait.'))
      return
    }
    const timer = setTimeout(
      () => {
        this.#timers.delete(asking)
        asking.fail(new VerifierError('unavailable', 'The edge was not attached again in time.'))
      },
      Math.max(0, asking.dueAt - performance.now()),
    )
    this.#timers.set(asking, timer)
  }

  /** Ends the wait of all: they are asked or failed now. */
  takeAll(): readonly TimedAsking[] {
    const taken = [...this.#timers.keys()]
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    return taken
  }
}
