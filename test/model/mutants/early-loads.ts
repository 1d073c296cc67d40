import { parseChange } from '../../../src/domain/protocol/change.ts'
import {
  type EpochSubject,
  InvalidationEpochs,
} from '../../../src/domain/protocol/invalidation-epochs.ts'
import type { Moment } from '../../../src/domain/protocol/lease.ts'
import type { Reading } from '../../../src/domain/protocol/reading.ts'
import { Freshness, type Received } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** What was read before the registration, and before the first lease, is kept. */
class EarlyLoads extends Freshness {
  readonly #epochs = new InvalidationEpochs(1_000)
  #isRegistering = false

  override get epoch(): number {
    return this.#epochs.epoch
  }

  override mayAnswer(epoch: number, of: EpochSubject, now: Moment): boolean {
    return this.holdsLease(now) && this.#epochs.isCurrent(epoch, of)
  }

  override mayStore(epoch: number, of: EpochSubject): boolean {
    return this.#epochs.isCurrent(epoch, of)
  }

  override registered(at: Parameters<Freshness['registered']>[0]): void {
    this.#isRegistering = true
    super.registered(at)
    this.#isRegistering = false
  }

  override received(reading: Reading): Received {
    const received = super.received(reading)
    if (received.kind === 'acknowledge') {
      this.#epochs.apply(reading.changes.map((row) => parseChange(row) ?? { kind: 'everything' }))
    }
    return received
  }

  override lose(): void {
    super.lose()
    if (!this.#isRegistering) this.#epochs.invalidateAll()
  }
}

export const earlyLoads: Protocol = {
  ...shipped,
  freshness: (timing, maxRemembered) => new EarlyLoads(timing, { maxRemembered }),
}
