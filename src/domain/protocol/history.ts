/** Identifies the history of changes that a database server serves. */
export interface History {
  /**
   * The server's timeline, the database, and the file of the table that holds the counter. A
   * promotion raises the timeline. A restore may change any of them; one in place changes none, and
   * neither does a restart.
   */
  readonly identity: string
  /** When the server was started. */
  readonly serverStart: string
}

/**
 * How the history of a server differs from the known one. `restart`: the server was restarted and
 * all else is equal. A restore in place looks the same, so that the same rules apply to both; only
 * the log line differs.
 */
export type HistoryChange = 'restart' | 'other_history'

/**
 * Null is the history of a server whose product has none of these functions: it has one history
 * only.
 */
export function compareHistories(
  known: History | null,
  met: History | null,
): HistoryChange | undefined {
  if (known?.identity !== met?.identity) return 'other_history'
  if (known?.serverStart !== met?.serverStart) return 'restart'
  return undefined
}

/** Whether nothing shows a restart, a restore or a promotion between the two. */
export function isSameHistory(one: History | null, other: History | null): boolean {
  return compareHistories(one, other) === undefined
}

/**
 * Whether `one` was promoted after `other`. Each promotion raises the timeline, whose number the
 * first eight hexadecimal digits hold.
 */
export function isLaterTimeline(one: History | null, other: History | null): boolean {
  if (one === null || other === null) return false
  return one.identity.slice(0, 8) > other.identity.slice(0, 8)
}
