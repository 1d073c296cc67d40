import { type Protocol, shipped } from '../protocol.ts'

/** The parent deletes the row of a worker as soon as the worker has ended. */
export const reapedAtOnce: Protocol = { ...shipped, reapAfterMs: () => 0 }
