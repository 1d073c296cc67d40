import type { Change } from '../../../src/domain/protocol/change.ts'
import { EdgeStreams } from '../../../src/freshness/edge-streams.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** Only sync cycles tell the edges, after they acknowledge what this process had invalidated. */
class ToldBySyncCycles extends EdgeStreams {
  #pending: readonly Change[] = []

  override invalidated(changes: readonly Change[]): void {
    this.#pending = [...this.#pending, ...changes]
  }

  override applied(revision: number, tagKeysChanged?: boolean): void {
    super.applied(revision, tagKeysChanged)
    if (this.#pending.length > 0) super.invalidated(this.#pending)
    this.#pending = []
  }
}

export const edgesToldBySyncCycles: Protocol = {
  ...shipped,
  edgeStreams: (rules) => new ToldBySyncCycles(rules),
}
