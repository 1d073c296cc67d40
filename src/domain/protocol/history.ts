/** Which history of which server a database tells. */
export interface History {
  /** The server's timeline, which a promotion raises, the database, and the file that holds the counter. */
  readonly timeline: string
  /** When the server was started. */
  readonly serverStart: string
}

/**
 * How what a database tells differs from before. `restart`: the server was started anew, and all else
 * is as it was. A restore in place looks the same, so the rules are the same for both; what differs is
 * what the log says.
 */
export type HistoryChange = 'restart' | 'other_history'

/** Null is what a server without these functions (YugabyteDB) tells: it has one history only. */
export function compareHistories(
  known: History | null,
  met: History | null,
): HistoryChange | undefined {
  if (known?.timeline !== met?.timeline) return 'other_history'
  if (known?.serverStart !== met?.serverStart) return 'restart'
  return undefined
}

export function isSameHistory(one: History | null, other: History | null): boolean {
  return compareHistories(one, other) === undefined
}

/**
 * Whether `one` was promoted after `other`. Each promotion raises the timeline, whose number the first
 * eight hexadecimal digits hold.
 */
export function isLaterTimeline(one: History | null, other: History | null): boolean {
  if (one === null || other === null) return false
  return one.timeline.slice(0, 8) > other.timeline.slice(0, 8)
}
