import type { Counters } from '../../verification/counters.ts'

/** What an edge rests on, for health checks and metrics. */
export interface EdgeState {
  readonly isAttached: boolean
  readonly leaseRemainingMs: number
  /** Undefined: it has never been attached. */
  readonly lastContactMs: number | undefined
  /** Why it is not attached, in a sentence. */
  readonly detachedBy: string | undefined
  readonly entries: number
  readonly attachments: number
  readonly questions: number
  readonly unanswered: number
  readonly counters: Pick<Counters, 'verdicts' | 'cacheHits' | 'cacheMisses'>
}
