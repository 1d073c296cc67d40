import { Follower } from '../follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/** Every registration of a process has the same id: what was sent under an earlier one may hit it. */
class OneId extends Follower {
  #first: string | undefined

  protected override newId(): string {
    this.#first ??= super.newId()
    return this.#first
  }
}

export const oneId: Protocol = { ...shipped, follower: (node) => new OneId(node) }
