/** The changes of one resource that the audit log records. */
export interface RecordedChanges {
  /** Later than after every change before, also if an instance recorded it by a slow clock. */
  readonly lastAt: Date
  readonly count: number
}

/**
 * When something was last changed, from its creation and its recorded changes: the clock of the
 * instance that created it may have been ahead of all others.
 */
export function lastChangeOf(createdAt: Date, recorded: RecordedChanges | undefined): Date {
  if (recorded === undefined) return createdAt
  return later(recorded.lastAt, new Date(createdAt.getTime() + recorded.count))
}

/** The later of two times. */
export function later(a: Date, b: Date): Date {
  return a > b ? a : b
}
