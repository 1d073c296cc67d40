/** Both clocks of one process, in milliseconds. */
export interface Moment {
  /** Never steps; may stand still while a machine is suspended. */
  readonly monotonic: number
  /** Runs on while a machine is suspended; may step. */
  readonly wall: number
}

/**
 * The right to answer from memory, until a moment on the holder's own clocks. It lasts while both
 * clocks say so, each by itself: the wall clock can only shorten it.
 */
export interface Lease {
  readonly grantedAt: Moment
  readonly untilMonotonic: number
  readonly untilWall: number
}

/**
 * A lease from the moment before the statement of the sync cycle was sent, never from its result.
 */
export function leaseFrom(sentAt: Moment, leaseMs: number): Lease {
  return {
    grantedAt: sentAt,
    untilMonotonic: sentAt.monotonic + leaseMs,
    untilWall: sentAt.wall + leaseMs,
  }
}

/**
 * Whether a lease still holds: before its end on both clocks. A wall clock that stepped back to
 * before the lease began proves nothing: it ends the lease too.
 */
export function leaseHolds(lease: Lease, now: Moment): boolean {
  return (
    now.monotonic < lease.untilMonotonic &&
    now.wall < lease.untilWall &&
    now.wall >= lease.grantedAt.wall
  )
}

/** How long a lease still holds, in milliseconds; 0: it has ended. */
export function leaseRemainingMs(lease: Lease, now: Moment): number {
  if (!leaseHolds(lease, now)) return 0
  return Math.min(lease.untilMonotonic - now.monotonic, lease.untilWall - now.wall)
}
