import type { Position } from '../../../src/domain/protocol/position.ts'
import type { Reading } from '../../../src/domain/protocol/reading.ts'
import { Freshness, type Received } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An instance goes on in another history wherever that one is, without its own position in it. */
class ContinuesWithoutPosition extends Freshness {
  #latest: Position = { revision: 0, id: null, history: null }

  override received(reading: Reading): Received {
    const received = super.received(reading)
    if (received.kind !== 'history_changed') return received
    this.#latest = { revision: reading.counter, id: reading.counterId, history: reading.history }
    return { ...received, holdsPosition: true }
  }

  override continuesIn(): void {
    this.registered(this.#latest)
  }
}

export const continuesWithoutPosition: Protocol = {
  ...shipped,
  freshness: (timing, maxRemembered) => new ContinuesWithoutPosition(timing, { maxRemembered }),
}
