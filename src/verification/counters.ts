import { denialReasons } from '../domain/verdict.ts'
import type { RefusalCause } from './resolve.ts'

export const outcomes = ['valid', ...denialReasons] as const
export type Outcome = (typeof outcomes)[number]

/**
 * Counts of what verification did since the start. Plain numbers: the hottest path adds to them.
 */
export interface Counters {
  readonly verdicts: Record<Outcome, number>
  /** `not_found` verdicts by cause; callers do not learn the cause. */
  readonly notFound: Record<Exclude<RefusalCause, 'malformed'>, number>
  cacheHits: number
  /** An entry existed, but a change had invalidated it, or the lease had expired. */
  cacheStale: number
  cacheMisses: number
  /** Statements sent to load credentials. */
  credentialReads: number
  rehashes: number
}

/** Counters of a process that has done nothing yet. */
export function createCounters(): Counters {
  return {
    verdicts: {
      valid: 0,
      malformed: 0,
      not_found: 0,
      revoked: 0,
      disabled: 0,
      rotated: 0,
      expired: 0,
      wrong_account: 0,
      address_not_allowed: 0,
      insufficient_permissions: 0,
    },
    notFound: { bad_signature: 0, bad_tag: 0, unknown_key: 0, wrong_secret: 0 },
    cacheHits: 0,
    cacheStale: 0,
    cacheMisses: 0,
    credentialReads: 0,
    rehashes: 0,
  }
}
