import type { Reading } from '../../../src/domain/protocol/reading.ts'
import { Freshness, type Received } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** Changes that were pruned before this instance read them are skipped. */
class SkipsGaps extends Freshness {
  override received(reading: Reading): Received {
    const changes = [...reading.changes]
    const next = changes[0]?.revision ?? reading.counter + 1
    for (let revision = next - 1; revision > this.applied; revision -= 1) {
      changes.unshift({ revision, id: `pruned-${revision}`, kind: 'tag_key', subject: null })
    }
    return super.received({ ...reading, changes })
  }
}

export const skipsGaps: Protocol = {
  ...shipped,
  freshness: (timing, maxRemembered) => new SkipsGaps(timing, { maxRemembered }),
}
