/** One request of the load, in milliseconds since the order to fail; negative before. */
export interface Event {
  readonly sentAt: number
  readonly doneAt: number
  readonly isGood: boolean
}

/** When something failed first and last, and when it was good again. */
export interface Gap {
  readonly failures: number
  readonly firstFailureAt: number | undefined
  readonly lastFailureAt: number | undefined
  /** When the first that was sent after the last failure was answered. */
  readonly goodAgainAt: number | undefined
}

/**
 * The gap that a failure made. It is over with what was sent after the last failure, and after the
 * moment from which a server accepts writes again.
 */
export function gapOf(events: readonly Event[], acceptedAt: number): Gap {
  const failed = events.filter(({ isGood }) => !isGood)
  const lastSentAt = Math.max(Number.NEGATIVE_INFINITY, ...failed.map(({ sentAt }) => sentAt))
  const good = events.filter(
    ({ isGood, sentAt }) => isGood && sentAt > Math.max(acceptedAt, lastSentAt),
  )
  const answered = good.map(({ doneAt }) => doneAt)
  return {
    failures: failed.length,
    firstFailureAt: least(failed.map(({ doneAt }) => doneAt)),
    lastFailureAt: failed.length === 0 ? undefined : Math.max(...failed.map((one) => one.doneAt)),
    goodAgainAt: least(answered),
  }
}

export function least(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times)
}
