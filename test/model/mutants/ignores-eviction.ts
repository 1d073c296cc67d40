import type { Moment } from '../../../src/domain/protocol/lease.ts'
import type { Result } from '../../../src/freshness/commands.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** An acknowledgement that hits no row counts as a good one. */
class IgnoresEviction extends Follower {
  override on(result: Result, now: Moment): void {
    super.on(result.kind === 'acknowledge' ? { ...result, isKnown: true } : result, now)
  }
}

export const ignoresEviction: Protocol = {
  ...shipped,
  follower: (options) => new IgnoresEviction(options),
}
