import type { Change } from '../protocol/change.ts'

/** What an instance tells an edge, in order. docs/edge.md has the reason for each rule. */
export type ToEdge<Answer> =
  /** Answers a beat. The lease runs from when the edge sent that beat; 0: no lease. */
  | { readonly kind: 'granted'; readonly beat: number; readonly leaseMs: number }
  /** What these changes name answers nobody any more: apply, then confirm the number. */
  | {
      readonly kind: 'invalidated'
      readonly sequence: number
      readonly changes: readonly Change[]
    }
  /** Answers one question. Facts may be kept; a bare verdict answers that question only. */
  | { readonly kind: 'answered'; readonly question: number; readonly answer: Answer }
  /** The edge drops everything, answers no more, and says that it has gone. */
  | { readonly kind: 'dismissed'; readonly reason: DismissalReason }

/** What an edge tells its instance, in order. */
export type FromEdge<Question> =
  | { readonly kind: 'beat'; readonly number: number }
  /** All invalidations up to this number are applied. */
  | { readonly kind: 'confirmed'; readonly sequence: number }
  | { readonly kind: 'asked'; readonly question: number; readonly of: Question }
  /** It has dropped everything, and answers no more by what this stream has told it. */
  | { readonly kind: 'gone' }

/** Why an instance ends a stream. */
export type DismissalReason = 'stopping' | 'caller_changed' | 'slow' | 'protocol_fault'
