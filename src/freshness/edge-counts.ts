/** The edges of an instance, as its row counts them. */
export interface EdgeCounts {
  /** How many may answer from memory. */
  readonly live: number
  /** How many of them hold up no acknowledgement of the revision. */
  readonly confirmed: number
  /** The latest revision that the instance has applied, whatever its edges have confirmed. */
  readonly revision: number
}

/** What an instance counts that offers no streams. */
export function noEdges(revision: number): EdgeCounts {
  return { live: 0, confirmed: 0, revision }
}
