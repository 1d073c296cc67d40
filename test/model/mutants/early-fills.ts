import { readChange } from '../../../src/domain/protocol/change.ts'
import {
  Freshness,
  type Reading,
  type Received,
  type Round,
} from '../../../src/freshness/freshness.ts'
import { Fence, type Fenced } from '../../../src/freshness/invalidation-epochs.ts'
import type { Moment } from '../../../src/freshness/lease.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** What was read before the registration, and before the first lease, is kept. */
class EarlyFills extends Freshness {
  readonly #fence = new Fence(1_000)
  #isRegistering = false

  override get stamp(): number {
    return this.#fence.stamp
  }

  override mayAnswer(stamp: number, of: Fenced, now: Moment): boolean {
    return this.holdsLease(now) && this.#fence.isCurrent(stamp, of)
  }

  override mayStore(stamp: number, of: Fenced): boolean {
    return this.#fence.isCurrent(stamp, of)
  }

  override registered(at: Parameters<Freshness['registered']>[0]): void {
    this.#isRegistering = true
    super.registered(at)
    this.#isRegistering = false
  }

  override received(round: Round, reading: Reading): Received {
    const received = super.received(round, reading)
    if (received.kind === 'acknowledge') {
      this.#fence.apply(reading.changes.map((row) => readChange(row) ?? { kind: 'everything' }))
    }
    return received
  }

  override lose(): void {
    super.lose()
    if (!this.#isRegistering) this.#fence.overtakeAll()
  }
}

export const earlyFills: Protocol = {
  ...shipped,
  freshness: (timing, maxRemembered) => new EarlyFills(timing, maxRemembered),
}
