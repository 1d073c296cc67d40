import type { Moment } from '../../../src/domain/protocol/lease.ts'
import type { Command, Result } from '../../../src/freshness/commands.ts'
import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** The row of an unresponsive instance is deleted, whatever heartbeat the row shows by now. */
class BlindDelete extends Follower {
  #isDeleting = false

  override next(): Command {
    const command = super.next()
    this.#isDeleting = command.kind === 'evict'
    return command.kind === 'evict' ? { kind: 'deregister', id: command.id } : command
  }

  override on(result: Result, now: Moment): void {
    const isEvicted = this.#isDeleting && result.kind === 'deregister'
    super.on(isEvicted ? { kind: 'evict', isEvicted } : result, now)
  }
}

export const blindDelete: Protocol = {
  ...shipped,
  follower: (options) => new BlindDelete(options),
}
