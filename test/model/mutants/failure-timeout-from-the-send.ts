import type { UnresponsiveInstance } from '../../../src/freshness/failure-detector.ts'
import type { StoredInstance } from '../database.ts'
import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A beat is timed from when the read was sent that first showed it, not from its response. */
class FailureTimeoutFromTheSend extends Follower {
  #seen = new Map<string, { readonly beat: number; readonly since: number }>()

  protected override observe(
    rows: readonly StoredInstance[],
    sentAt: number,
  ): UnresponsiveInstance[] {
    const before = this.#seen
    this.#seen = new Map(
      rows.map(({ id, beat }) => {
        const known = before.get(id)
        return [id, known?.beat === beat ? known : { beat, since: sentAt }]
      }),
    )
    return rows.filter(({ id }) => this.#isLeaseExpired(id))
  }

  protected override fail(): void {
    this.#seen.clear()
    super.fail()
  }

  #isLeaseExpired(id: string): boolean {
    const since = this.#seen.get(id)?.since ?? this.monotonic()
    return this.monotonic() - since >= this.node.timing.failureTimeoutMs
  }
}

export const failureTimeoutFromTheSend: Protocol = {
  ...shipped,
  follower: (node) => new FailureTimeoutFromTheSend(node),
}
