import type { Reading } from '../../../src/domain/protocol/reading.ts'
import { Freshness, type Received } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An instance that goes on in another history keeps its cache, and its lease. */
class ContinuesWithItsCache extends Freshness {
  #continues = false

  override received(reading: Reading): Received {
    const received = super.received(reading)
    this.#continues = received.kind === 'history_changed' && received.holdsPosition
    return received
  }

  override lose(): void {
    if (!this.#continues) super.lose()
  }
}

export const continuesWithItsCache: Protocol = {
  ...shipped,
  freshness: (timing, maxRemembered) => new ContinuesWithItsCache(timing, { maxRemembered }),
}
