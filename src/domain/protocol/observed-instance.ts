/** A row of `instance`, as another instance observes the row. */
export interface ObservedInstance {
  readonly id: string
  /** The latest revision that it has acknowledged. */
  readonly applied: number
  readonly heartbeat: number
  /**
   * The MAX_STALENESS_MS of the observed instance, which is the length that its leases derive from.
   */
  readonly maxStalenessMs: number
}
