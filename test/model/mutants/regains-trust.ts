import { Follower } from '../../../src/freshness/follower.ts'
import type { HistoryChanged } from '../../../src/freshness/freshness.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** Trust that a restore has ended comes back with the next restart of the server. */
class RegainsTrust extends Follower {
  #hasContinued = false

  protected override continues(received: HistoryChanged): boolean {
    this.#hasContinued = super.continues(received)
    return this.#hasContinued
  }

  override completesOnlyByTime(now: number): boolean {
    return !this.#hasContinued && super.completesOnlyByTime(now)
  }
}

export const regainsTrust: Protocol = {
  ...shipped,
  follower: (options) => new RegainsTrust(options),
}
