/** The place of a committed change in the one order of changes, with the random id that only this history has. */
export interface RevisionRef {
  readonly revision: number
  readonly id: string
}
