import type { Moment } from '../../../src/domain/protocol/lease.ts'
import type { ObservedInstance } from '../../../src/domain/protocol/observed-instance.ts'
import type { Result } from '../../../src/freshness/commands.ts'
import {
  FailureDetector,
  type UnresponsiveInstance,
} from '../../../src/freshness/failure-detector.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** A heartbeat is timed from the sending of the read that first showed the heartbeat. */
class FromTheSend extends FailureDetector {
  sentAt = 0

  override observe(rows: readonly ObservedInstance[], respondedAt: number): UnresponsiveInstance[] {
    super.observe(rows, this.sentAt)
    return super.observe(rows, respondedAt)
  }
}

/** Tells its failure detector when each command was sent: when the result before it came. */
class TellsTheSend extends Follower {
  override on(result: Result, now: Moment): void {
    const { failureDetector } = this.options
    if (failureDetector instanceof FromTheSend) failureDetector.sentAt = this.now.monotonic
    super.on(result, now)
  }
}

export const failureTimeoutFromTheSend: Protocol = {
  ...shipped,
  failureDetector: () => new FromTheSend(),
  follower: (options) => new TellsTheSend(options),
}
