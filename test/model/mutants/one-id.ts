import { Follower } from '../../../src/freshness/follower.ts'
import { type Protocol, shipped } from '../protocol.ts'

/**
 * Every registration of a process has the same id: a late statement of an earlier one may hit its
 * row.
 */
export const oneId: Protocol = {
  ...shipped,
  follower(options) {
    const id = options.newId()
    return new Follower({ ...options, newId: () => id })
  },
}
