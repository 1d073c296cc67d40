import type { Reading } from '../../../src/domain/protocol/reading.ts'
import { Freshness, type Received } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The tag keys are reloaded after a registration, and not when a cycle reads a change of them. */
class IgnoresTagKeyChanges extends Freshness {
  override received(reading: Reading): Received {
    const received = super.received(reading)
    return received.kind === 'acknowledge' ? { ...received, tagKeysChanged: false } : received
  }
}

export const ignoresTagKeyChanges: Protocol = {
  ...shipped,
  freshness: (timing, maxRemembered) => new IgnoresTagKeyChanges(timing, { maxRemembered }),
}
