import type { History } from '../domain/protocol/history.ts'
import type { ObservedInstance } from '../domain/protocol/observed-instance.ts'
import type { Position } from '../domain/protocol/position.ts'
import type { Reading } from '../domain/protocol/reading.ts'
import type { EdgeCounts } from './edge-counts.ts'

/**
 * What a follower asks its driver to do next; one command is under way at a time. Every command but
 * `connect`, `reload_tag_keys`, `sleep` and `end` is about the one connection of the sync cycles.
 */
export type Command =
  | { readonly kind: 'connect' }
  /** Destroy the connection: what was under way on the connection fails. */
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'load_heartbeats' }
  /**
   * Insert the row of this instance, and take the next revision for it, which is its position: one
   * transaction.
   */
  | { readonly kind: 'register'; readonly id: string }
  | { readonly kind: 'deregister'; readonly id: string }
  /** Read the changes after the revision `applied`, and the counter, in one snapshot. */
  | { readonly kind: 'load_feed'; readonly applied: number }
  | { readonly kind: 'reload_tag_keys' }
  /** Write the applied revision, the next heartbeat and the edges into the row of this instance. */
  | {
      readonly kind: 'acknowledge'
      readonly id: string
      readonly revision: number
      readonly edges: EdgeCounts
    }
  /** Delete the row of another instance, if the row still shows this heartbeat. */
  | { readonly kind: 'evict'; readonly id: string; readonly heartbeat: number }
  /** Commit something that changes nothing: a deposed primary does not acknowledge it. */
  | { readonly kind: 'prove' }
  /** Wait for `ms` milliseconds, or until a sync cycle is asked for. */
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'end' }

/** What came of a command: of the kind of the command, or `failed` for any of them. */
export type Result =
  /** The history of the server that the connection leads to. */
  | { readonly kind: 'connect'; readonly history: History | null }
  | { readonly kind: 'load_heartbeats'; readonly rows: readonly ObservedInstance[] }
  | { readonly kind: 'register'; readonly position: Position }
  | { readonly kind: 'load_feed'; readonly reading: Reading }
  /** `isKnown` is false when the row was not there: another instance evicted this one. */
  | { readonly kind: 'acknowledge'; readonly isKnown: boolean }
  | { readonly kind: 'evict'; readonly isEvicted: boolean }
  | { readonly kind: 'disconnect' | 'deregister' | 'reload_tag_keys' | 'prove' | 'sleep' }
  | { readonly kind: 'failed'; readonly error: unknown }
