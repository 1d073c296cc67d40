import type { Reading } from '../../../src/domain/protocol/reading.ts'
import { Freshness, type Received } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** Another history is followed as if it were the same. */
class IgnoresHistory extends Freshness {
  override received(reading: Reading): Received {
    const received = super.received(reading)
    if (received.kind !== 'history_changed') return received
    return { kind: 'acknowledge', revision: reading.counter, tagKeysChanged: false }
  }
}

export const ignoresHistory: Protocol = {
  ...shipped,
  freshness: (timing, maxRemembered) => new IgnoresHistory(timing, { maxRemembered }),
}
