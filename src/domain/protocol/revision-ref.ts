/**
 * The place of a committed change in the order of changes, and the random id of that revision,
 * which differs between histories.
 */
export interface RevisionRef {
  readonly revision: number
  readonly id: string
}
