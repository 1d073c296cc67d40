import { denialReasons } from '../domain/verdict.ts'

export const outcomes = ['valid', ...denialReasons] as const
export type Outcome = (typeof outcomes)[number]

/** Counts of what verification did since the start. Plain numbers: they are added to on the hottest path. */
export interface Counters {
  readonly verdicts: Record<Outcome, number>
  cacheHits: number
  /** An entry was there, but a change had overtaken it. */
  cacheStale: number
  cacheMisses: number
  /** Statements sent to read a credential. */
  credentialReads: number
  rehashes: number
}

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
    cacheHits: 0,
    cacheStale: 0,
    cacheMisses: 0,
    credentialReads: 0,
    rehashes: 0,
  }
}
