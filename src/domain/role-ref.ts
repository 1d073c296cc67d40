/** A role by its id, and its name at that moment. */
export interface RoleRef {
  readonly id: string
  readonly name: string
}
