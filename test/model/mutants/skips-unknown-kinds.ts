import { type ChangeRow, parseChange } from '../../../src/domain/protocol/change.ts'
import type { Reading } from '../../../src/domain/protocol/reading.ts'
import { Freshness, type Received } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A kind of change that a version to come writes is passed over. */
class SkipsUnknownKinds extends Freshness {
  override received(reading: Reading): Received {
    const changes = reading.changes.map(
      (row): ChangeRow => (parseChange(row) === undefined ? { ...row, kind: 'tag_key' } : row),
    )
    return super.received({ ...reading, changes })
  }
}

export const skipsUnknownKinds: Protocol = {
  ...shipped,
  freshness: (timing, maxRemembered) => new SkipsUnknownKinds(timing, { maxRemembered }),
}
