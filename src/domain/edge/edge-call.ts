/** Why a call gets no answer from an edge. */
export type NoAnswer =
  /** There is no stream, or it was lost: the call may be sent to the service otherwise. */
  | 'unattached'
  /** The instance could not say: an outage, and never a denial. */
  | 'unavailable'
  /** Too many questions are under way. */
  | 'overloaded'
  /** The instance does not understand what is asked. */
  | 'invalid'

/** One call for a verdict, which is answered once, or fails. */
export interface EdgeCall<Facts, Verdict, Asked> {
  /** Of the token. */
  readonly digest: string
  /** What the instance is asked if memory has no answer. */
  readonly asked: Asked
  /** Calls for one token with equal attempts have the same verdict. */
  readonly attempt: string
  /** Nobody waits for it any more. */
  readonly isOver: boolean
  /** Judges the facts now, and answers. */
  judge(facts: Facts): void
  answer(verdict: Verdict): void
  fail(why: NoAnswer): void
}
